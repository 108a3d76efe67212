using System.Collections.Concurrent;
using System.Security.Cryptography;
using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Receiving;
using E2LLM.DataPlane.Sending;
using E2LLM.Grains.Interfaces.Weights;
using E2LLM.Grains.Weights;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;

namespace E2LLM.Cluster.Tests.Weights;

/// <summary>Pieces on their way between data ports; who has them is told to the grain of a cluster, as silos do.</summary>
public sealed class PieceFetcherTests : IAsyncLifetime
{
    private const string Model = "m";

    private readonly ConcurrentDictionary<int, byte> _came = new();
    private readonly LogCollector _log = new();
    private readonly List<KvDataPort> _ports = [];
    private InProcessTestCluster _cluster = null!;
    private long _incarnations;

    public async Task InitializeAsync()
    {
        _cluster = new InProcessTestClusterBuilder(1).Build();
        await _cluster.DeployAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var port in _ports)
            await port.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Fetch_SeveralHolders_BringsEveryPieceOnce()
    {
        var pieces = new RandomPieces(41);
        await OfferAsync("a", pieces);
        await OfferAsync("b", pieces);

        await Fetcher().FetchAsync(Order(pieces, Enumerable.Range(3, 30)), CancellationToken.None);

        Assert.Equal(Enumerable.Range(3, 30), _came.Keys.Order());
        Assert.All(_came.Values, times => Assert.Equal(1, times));
    }

    [Fact]
    public async Task Fetch_FromItself_IsNotTried()
    {
        var pieces = new RandomPieces(4);
        await OfferAsync("self", pieces);

        var error = await Assert.ThrowsAsync<E2LlmException>(() => Fetcher(new WeightsOptions { PatienceSeconds = 1 }).FetchAsync(Order(pieces, [1]), CancellationToken.None));

        Assert.True(error.MayRetry);
        Assert.Contains("E2LLM:Weights:PatienceSeconds", error.Message);
        Assert.Contains("No other silo", error.Message);
    }

    [Fact]
    public async Task Fetch_HolderThatEndsInTheMiddle_GoesOnWithAnother()
    {
        var pieces = new RandomPieces(60);
        var (first, second) = (await OfferAsync("a", pieces), new RandomPieces(60));
        var order = Order(pieces, Enumerable.Range(0, 60));
        var ended = new TaskCompletionSource();
        var fetching = Fetcher().FetchAsync(
            order with
            {
                Take = (piece, bytes) =>
                {
                    // No piece is taken after the tenth before the holder is gone.
                    if (_came.Count >= 10)
                        ended.Task.Wait(TimeSpan.FromSeconds(60));
                    return order.Take(piece, bytes);
                },
            },
            CancellationToken.None);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (_came.Count < 10)
            limit.Token.ThrowIfCancellationRequested();

        var closing = first.DisposeAsync().AsTask();
        await OfferAsync("b", second);
        ended.SetResult();
        await fetching.WaitAsync(TimeSpan.FromSeconds(120));
        await closing;

        Assert.Equal(60, _came.Count);
        Assert.Contains(_log.Lines, line => line.Contains(" a (") && line.Contains(" b ("));
    }

    [Fact]
    public async Task Fetch_HolderThatGivesWrongBytes_IsNamedAndAvoided()
    {
        var pieces = new RandomPieces(20);
        await OfferAsync("liar", new RandomPieces(20) { IsWrong = true });
        await OfferAsync("honest", pieces);
        var fetcher = Fetcher();

        await fetcher.FetchAsync(Order(pieces, Enumerable.Range(0, 20)), CancellationToken.None);

        Assert.Equal(20, _came.Count);
        Assert.Single(_log.Lines, line => line.Contains("Silo liar gave"));
        Assert.Contains(_log.Lines, line => line.Contains("from honest (") && !line.Contains("liar"));
    }

    [Fact]
    public async Task Fetch_WithoutAnyHolder_WaitsSaysSoAndGoesOnWhenOneComes()
    {
        var pieces = new RandomPieces(5);
        var fetching = Fetcher().FetchAsync(Order(pieces, [0, 4]), CancellationToken.None);
        await _log.SeesAsync("has to wait");

        await OfferAsync("late", pieces);

        await fetching.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal([0, 4], _came.Keys.Order());
    }

    [Fact]
    public async Task Fetch_HoldersOfSomeOnly_TogetherGiveAll()
    {
        var pieces = new RandomPieces(12);
        await OfferAsync("even", new RandomPieces(12) { Here = piece => piece % 2 == 0 });
        await OfferAsync("odd", new RandomPieces(12) { Here = piece => piece % 2 == 1 });

        await Fetcher().FetchAsync(Order(pieces, Enumerable.Range(0, 12)), CancellationToken.None);

        Assert.Equal(12, _came.Count);
    }

    [Fact]
    public async Task Fetch_DiskThatTakesNothing_EndsWithThatReason()
    {
        var pieces = new RandomPieces(12);
        await OfferAsync("a", pieces);
        var order = Order(pieces, Enumerable.Range(0, 12)) with { Take = (_, _) => throw new E2LlmException("the disk is full", mayRetry: true) };

        var error = await Assert.ThrowsAsync<E2LlmException>(() => Fetcher().FetchAsync(order, CancellationToken.None));

        Assert.Equal("the disk is full", error.Message);
    }

    [Fact]
    public async Task GetManifest_FromAnyHolder_IsThatOfItsRoot()
    {
        var pieces = new RandomPieces(5);
        await OfferAsync("a", pieces);
        var source = (await Grain.GetSourceAsync())!;
        var gone = source with { Holders = source.Holders.Insert(0, new WeightsHolder("gone", "127.0.0.1", 1, IsWhole: true)) };

        Assert.Equal(pieces.Manifest.Root, (await Fetcher().GetManifestAsync(gone, CancellationToken.None)).Root);
        await Assert.ThrowsAsync<E2LlmException>(() => Fetcher().GetManifestAsync(source with { ManifestBytes = source.ManifestBytes + 1 }, CancellationToken.None));
        await Assert.ThrowsAsync<E2LlmException>(() => Fetcher().GetManifestAsync(source with { ManifestBytes = int.MaxValue }, CancellationToken.None));
    }

    private IWeightsGrain Grain => _cluster.Client.GetGrain<IWeightsGrain>(Model);

    private async Task<KvDataPort> OfferAsync(string silo, RandomPieces pieces)
    {
        var port = KvDataPort.Start(new KvDataPortOptions(), TimeProvider.System);
        _ports.Add(port);
        port.Weights.Add(pieces);
        await Grain.OfferAsync(new WeightsOffer
        {
            Silo = silo,
            Incarnation = ++_incarnations,
            Root = pieces.Manifest.Root,
            ManifestBytes = pieces.Manifest.Bytes.Length,
            Host = port.Host,
            Port = port.Port,
            IsWhole = pieces.IsWhole,
            Progress = new WeightsProgress(),
        });
        return port;
    }

    private PieceFetcher Fetcher(WeightsOptions? options = null) =>
        new(_cluster.Client, Model, "self", new KvSenderOptions(), options ?? new WeightsOptions(), TimeProvider.System, _log);

    private PieceOrder Order(RandomPieces pieces, IEnumerable<int> wanted) => new()
    {
        Manifest = pieces.Manifest,
        Pieces = [.. wanted],
        What = "test",
        Take = (piece, bytes) =>
        {
            if (!pieces.Manifest.IsPiece(piece, bytes.Span))
                return false;
            _came.AddOrUpdate(piece, 1, (_, times) => (byte)(times + 1));
            return true;
        },
    };

    /// <summary>The same bytes wherever it is made.</summary>
    private sealed class RandomPieces : IPieceSource
    {
        private const int PieceBytes = WeightsManifest.MinPieceBytes;

        private readonly byte[] _bytes;

        public RandomPieces(int count)
        {
            _bytes = new byte[(count * PieceBytes) - 100];
            new Random(count).NextBytes(_bytes);
            Manifest = WeightsManifest.Create(
                Model, new string('a', 64), PieceBytes, [new WeightsFile("m.gguf", _bytes.Length, 100)], [.. _bytes.Chunk(PieceBytes).SelectMany(SHA256.HashData)]);
        }

        public bool IsWrong { get; init; }

        public Func<int, bool> Here { get; init; } = _ => true;

        public WeightsManifest Manifest { get; }

        public bool IsWhole => Enumerable.Range(0, Manifest.PieceCount).All(Here);

        public bool Has(int piece) => Here(piece);

        public void Read(int piece, int offsetBytes, Span<byte> destination)
        {
            if (!Has(piece))
                throw new E2LlmException("gone", mayRetry: true);
            _bytes.AsSpan((int)Manifest.Piece(piece).OffsetBytes + offsetBytes, destination.Length).CopyTo(destination);
            if (IsWrong)
                destination[0] ^= 1;
        }
    }

    private sealed class LogCollector : ILogger
    {
        private readonly SemaphoreSlim _written = new(0);

        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Lines.Enqueue(formatter(state, exception));
            _written.Release();
        }

        public async Task SeesAsync(string text)
        {
            while (!Lines.Any(line => line.Contains(text)))
                Assert.True(await _written.WaitAsync(TimeSpan.FromSeconds(60)));
        }
    }
}
