using E2LLM.Core.Errors;
using E2LLM.Core.Weights;
using E2LLM.DataPlane.Receiving;
using E2LLM.Grains.Hosting;
using E2LLM.Grains.Interfaces.Weights;
using E2LLM.Scheduling.Protocols.Fleets;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2LLM.Grains.Weights;

/// <summary>Gives this silo's weights out to others, tells them so, and takes its leave.</summary>
internal sealed partial class WeightsReporter(
    IGrainFactory grains,
    LocalWeights local,
    KvDataPort dataPort,
    ILocalSiloDetails silo,
    ISiloStatusOracle silos,
    IOptions<FleetTimes> times,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<WeightsReporter> logger) : LeaseReporter(silo, silos, times.Value, lifetime, time)
{
    private string _otherSilo = "";
    private IPieceSource? _source;

    private IWeightsGrain Weights => grains.GetGrain<IWeightsGrain>(local.ModelId);

    protected override async Task<bool> BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            _source = await local.OpenAsync(cancellationToken);
        }
        catch (E2LlmException error)
        {
            // The silo serves all the same: it only gives nothing to others.
            LogNotShared(local.ModelId, error.Message);
            return false;
        }
        dataPort.Weights.Add(_source);
        LogHolds(local.ModelId, _source.Manifest.Root[..12], _source.Manifest.PieceCount);
        return true;
    }

    protected override async Task TellAsync(CancellationToken cancellationToken)
    {
        var answer = await Weights.OfferAsync(Offer(_source!)).WaitAsync(cancellationToken);
        if (answer.OtherSilo != _otherSilo && answer.OtherSilo.Length > 0)
            LogOther(local.ModelId, answer.OtherSilo);
        _otherSilo = answer.OtherSilo;
    }

    protected override Task LeaveAsync() => Weights.LeaveAsync(Silo, Incarnation);

    protected override void LogNotHeard(string reason) => LogNotHeard(local.ModelId, reason);

    private WeightsOffer Offer(IPieceSource source) => new()
    {
        Silo = Silo,
        Incarnation = Incarnation,
        Root = source.Manifest.Root,
        ManifestBytes = source.Manifest.Bytes.Length,
        Host = dataPort.Host,
        Port = dataPort.Port,
        IsWhole = source.IsWhole,
        Progress = local.Progress(source),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Other silos can have the weights of {Model} from here (manifest {Root}, {Pieces} pieces).")]
    private partial void LogHolds(string model, string root, int pieces);

    [LoggerMessage(Level = LogLevel.Error, Message = "Silo {Other} has other files under the name of {Model} than this one: what devices of the two make together is no answer. Give all silos the same model.")]
    private partial void LogOther(string model, string other);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The weights of {Model} are not given to other silos: {Reason}")]
    private partial void LogNotShared(string model, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Other silos cannot be told of the weights of {Model}, trying again: {Reason}")]
    private partial void LogNotHeard(string model, string reason);
}
