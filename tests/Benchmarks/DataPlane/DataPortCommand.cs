using System.CommandLine;
using E2LLM.Benchmarks.Reports;

namespace E2LLM.Benchmarks.DataPlane;

/// <summary><c>dataport</c>: KV transfers over loopback against one raw blocking socket, interleaved.</summary>
internal static class DataPortCommand
{
    // Until the just-in-time compiler has optimised the loops, above all the checksum's.
    private const int WarmUpMiB = 300;

    private static readonly int[] SizesMiB = [1, 8, 64];
    private static readonly int[] SocketCounts = [1, 2, 4];

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "Each case is run once a round.", DefaultValueFactory = _ => 30 };
        var block = new Option<int>("--block-kib")
        {
            Description = "KiB of a block, which is one layer of so many positions; a transfer has at least 4 blocks.",
            DefaultValueFactory = _ => 1024,
        };
        var command = new Command("dataport", "GB/s of KV transfers, and the ratio to a raw socket in the same run.") { rounds, block };
        command.SetAction((arguments, _) => RunAsync(arguments.GetValue(rounds), arguments.GetValue(block) << 10));
        return command;
    }

    private static async Task<int> RunAsync(int rounds, int blockBytes)
    {
        Console.WriteLine(
            $"loopback, checksums on, medians of {rounds} rounds; from the first block sent to the receiver's word that all is in");
        foreach (var sizeMiB in SizesMiB)
        {
            var bytes = sizeMiB << 20;
            using var raw = new RawSocketPair(bytes);
            await using var port = new DataPortPair(bytes, Math.Min(blockBytes, bytes / 4));
            var rawSeconds = new List<double>();
            var sentSeconds = SocketCounts.Select(_ => new List<double>()).ToArray();
            var openedSeconds = SocketCounts.Select(_ => new List<double>()).ToArray();
            for (var round = -Math.Max(5, WarmUpMiB / sizeMiB); round < rounds; round++) // the negative ones warm up
            {
                var plain = raw.Run();
                if (round >= 0)
                    rawSeconds.Add(plain);
                for (var index = 0; index < SocketCounts.Length; index++)
                {
                    var (open, send) = await port.RunAsync(SocketCounts[index]);
                    if (round < 0)
                        continue;
                    sentSeconds[index].Add(send);
                    openedSeconds[index].Add(open + send);
                }
            }
            var rawMedian = Statistics.Median(rawSeconds);
            Console.WriteLine($"{sizeMiB,3} MiB  raw blocking socket  {bytes / rawMedian / 1e9,5:0.00} GB/s");
            for (var index = 0; index < SocketCounts.Length; index++)
            {
                var (sent, opened) = (Statistics.Median(sentSeconds[index]), Statistics.Median(openedSeconds[index]));
                Console.WriteLine($"{sizeMiB,3} MiB  data port, {SocketCounts[index]} sockets {bytes / sent / 1e9,5:0.00} GB/s" +
                    $"  ratio {rawMedian / sent:0.00}   with opening {bytes / opened / 1e9,5:0.00} GB/s  ratio {rawMedian / opened:0.00}");
            }
        }
        return 0;
    }
}
