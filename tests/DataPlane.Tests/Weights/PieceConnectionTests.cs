using System.Net;
using System.Net.Sockets;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Tests.Fixtures;
using E2LLM.DataPlane.Weights;
using E2LLM.DataPlane.Wire;

namespace E2LLM.DataPlane.Tests.Weights;

public sealed class PieceConnectionTests : IAsyncLifetime
{
    private readonly FakePieces _pieces = new();
    private readonly KvDataPort _port = KvDataPort.Start(new KvDataPortOptions(), TimeProvider.System);

    public Task InitializeAsync()
    {
        _port.Weights.Add(_pieces);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _port.DisposeAsync();

    [Fact]
    public async Task Get_ManifestMapAndPieces_AreThoseOfTheHolder()
    {
        _pieces.Missing.Add(5);
        await using var connection = await OpenAsync(_port.Port, _pieces.Manifest.Root);

        var manifest = WeightsManifest.Parse(await connection.GetManifestAsync(_pieces.Manifest.Bytes.Length).Soon(), _pieces.Manifest.Root);
        var map = await connection.GetMapAsync(manifest.PieceCount).Soon();

        Assert.Equal(Enumerable.Range(0, 9).Where(piece => piece != 5), Enumerable.Range(0, 16).Where(piece => (map[piece / 8] >> (piece % 8) & 1) == 1));
        // All are asked for before the first is read.
        for (var piece = 0; piece < manifest.PieceCount; piece++)
            await connection.AskAsync(piece).Soon();
        for (var piece = 0; piece < manifest.PieceCount; piece++)
        {
            var bytes = new byte[manifest.Piece(piece).LengthBytes];
            Assert.Equal(piece != 5, await connection.ReadAsync(bytes).Soon());
            Assert.True(piece == 5 || manifest.IsPiece(piece, bytes));
        }
    }

    [Fact]
    public async Task Open_UnknownRoot_IsTurnedAwayAsAnyStranger()
    {
        var refusal = await Assert.ThrowsAsync<IOException>(() => OpenAsync(_port.Port, new string('0', 64)));

        Assert.Contains("no pieces of this model", refusal.Message);
    }

    [Fact]
    public async Task Open_ModelThatIsNotGivenOutAnyMore_IsTurnedAway()
    {
        _port.Weights.Remove(_pieces.Manifest.Root);

        await Assert.ThrowsAsync<IOException>(() => OpenAsync(_port.Port, _pieces.Manifest.Root));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(9)]
    [InlineData(int.MaxValue)]
    public async Task Holder_PieceThatDoesNotExist_EndsTheConnection(int piece)
    {
        await using var connection = await OpenAsync(_port.Port, _pieces.Manifest.Root);

        await connection.AskAsync(piece).Soon();

        await Assert.ThrowsAnyAsync<IOException>(() => connection.ReadAsync(new byte[10]).Soon());
    }

    [Fact]
    public async Task Holder_Garbage_EndsTheConnectionAndServesOthers()
    {
        var random = new Random(7);
        for (var round = 0; round < 50; round++)
        {
            using var peer = RawPeer.Connect(_port.Port);
            var hello = new byte[WireFormat.HelloBytes];
            WeightsHelloFrame.Write(hello, Convert.FromHexString(_pieces.Manifest.Root));
            await peer.Stream.WriteAsync(hello);
            Assert.Equal(FrameKind.Welcome, (await peer.ReadReplyAsync()).Kind);
            var garbage = new byte[WireFormat.RequestBytes];
            random.NextBytes(garbage);
            if (round % 2 == 0)
            {
                // Well formed, but of another conversation.
                new RequestFrame((FrameKind)(round % 10), 1, default).Write(garbage);
            }
            await peer.Stream.WriteAsync(garbage);
            await peer.AssertClosedAsync();
        }

        await Get_ManifestMapAndPieces_AreThoseOfTheHolder();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(11u)]
    [InlineData(uint.MaxValue)]
    public async Task Asker_OtherLengthThanIsDue_TakesNothing(uint length)
    {
        using var holder = new LyingHolder(frame => new WeightsReplyFrame(FrameKind.Content, 1, length).Write(frame));
        await using var connection = await OpenAsync(holder.Port, _pieces.Manifest.Root);
        await connection.AskAsync(0).Soon();

        await Assert.ThrowsAsync<InvalidDataException>(() => connection.ReadAsync(new byte[10]).Soon());
    }

    [Fact]
    public async Task Asker_AnswerThatWasNotAsked_TakesNothing()
    {
        using var holder = new LyingHolder(frame => new WeightsReplyFrame(FrameKind.Content, 2, 10).Write(frame));
        await using var connection = await OpenAsync(holder.Port, _pieces.Manifest.Root);
        await connection.AskAsync(0).Soon();

        await Assert.ThrowsAsync<InvalidDataException>(() => connection.ReadAsync(new byte[10]).Soon());
    }

    [Fact]
    public async Task Asker_HolderThatStandsStill_GivesUp()
    {
        using var holder = new LyingHolder(_ => { }, isSilent: true);
        await using var connection = await OpenAsync(holder.Port, _pieces.Manifest.Root, new KvSenderOptions { StallSeconds = 1 });
        await connection.AskAsync(0).Soon();

        Assert.IsNotType<TimeoutException>(await Assert.ThrowsAnyAsync<Exception>(() => connection.ReadAsync(new byte[10]).Soon()));
    }

    private static Task<PieceConnection> OpenAsync(int port, string root, KvSenderOptions? options = null) =>
        PieceConnection.OpenAsync("127.0.0.1", port, root, options ?? new KvSenderOptions(), TimeProvider.System, CancellationToken.None).Soon();

    /// <summary>Welcomes who comes, and answers his first request as it is told.</summary>
    private sealed class LyingHolder : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly Action<byte[]> _answer;
        private readonly bool _isSilent;
        private TcpClient? _client;

        public LyingHolder(Action<byte[]> answer, bool isSilent = false)
        {
            (_answer, _isSilent) = (answer, isSilent);
            _listener.Start();
            _ = RunAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void Dispose()
        {
            _listener.Dispose();
            _client?.Dispose();
        }

        private async Task RunAsync()
        {
            _client = await _listener.AcceptTcpClientAsync();
            var stream = _client.GetStream();
            await stream.ReadExactlyAsync(new byte[WireFormat.HelloBytes]);
            var frame = new byte[WireFormat.ReplyBytes];
            new ReplyFrame(FrameKind.Welcome, 0, Refusal.None).Write(frame);
            await stream.WriteAsync(frame);
            await stream.ReadExactlyAsync(new byte[WireFormat.RequestBytes]);
            if (_isSilent)
                return;
            _answer(frame);
            await stream.WriteAsync(frame);
        }
    }
}
