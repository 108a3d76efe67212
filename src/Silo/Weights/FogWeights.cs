using System.Data.Common;
using E2LLM.Clustering;
using E2LLM.Core.Errors;
using E2LLM.Core.Trust;
using E2LLM.DataPlane.Sending;
using E2LLM.Gguf.Models;
using E2LLM.Gguf.Weights;
using E2LLM.Grains.Interfaces.Models;
using E2LLM.Grains.Interfaces.Weights;
using E2LLM.Grains.Weights;
using E2LLM.Silo.Hosting;
using E2LLM.Silo.Trust;
using HostOptions = E2LLM.Silo.Hosting.HostOptions;

namespace E2LLM.Silo.Weights;

/// <summary>
/// Finds a fog's model for a silo that has no file of it, before the silo starts: as an Orleans client it asks who has the weights, and fetches
/// the header, which says all but the weights. Waits for as long as there is nobody to ask.
/// </summary>
internal sealed partial class FogWeights(HostConfiguration configuration, KvSenderOptions sender, WeightsFolder folder, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(10);

    private readonly string _modelId = FogModel.IdOf(configuration.Host.Model);
    private string _said = "";

    /// <returns>The model as far as its header goes, with the mirror that its weights come into.</returns>
    /// <exception cref="ModelFileException">The fog's model is damaged, hostile, or of a kind that cannot be served.</exception>
    /// <exception cref="ConfigurationException">The fog serves several models, and none has been named.</exception>
    public async Task<ModelFile> OpenAsync(CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await AskAsync(cancellationToken);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested && MayPass(error))
            {
                Say(error.Message);
            }
            if (time.GetElapsedTime(begun).TotalSeconds >= configuration.Weights.AskSeconds && await TryOpenKnownAsync(cancellationToken) is { } known)
                return known;
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task<ModelFile> AskAsync(CancellationToken cancellationToken)
    {
        using var client = BuildClient();
        try
        {
            await client.StartAsync(cancellationToken);
        }
        catch (OrleansException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new E2LlmException("no silo of the cluster can be reached (yet)", mayRetry: true, error);
        }
        try
        {
            var grains = client.Services.GetRequiredService<IClusterClient>();
            var modelId = _modelId.Length > 0 ? _modelId : await OnlyModelAsync(grains, cancellationToken);
            var source = await Ask(grains.GetGrain<IWeightsGrain>(modelId).GetSourceAsync(), cancellationToken)
                ?? throw new E2LlmException($"no silo has the weights of {modelId} (yet)", mayRetry: true);
            var fetcher = new PieceFetcher(grains, modelId, ownSilo: null, sender, configuration.Weights, time, logger);
            var manifest = await fetcher.GetManifestAsync(source, cancellationToken);
            if (manifest.ModelId != modelId)
                throw new ModelFileException($"The fog gives the weights of '{manifest.ModelId}' for those of '{modelId}'.");
            var mirror = folder.Mirror(manifest);
            mirror.FetchBy(fetcher);
            return await OpenAsync(mirror, cancellationToken);
        }
        finally
        {
            await client.StopAsync(CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What this machine was told earlier will do: the fog may be about to be started, this silo first.</summary>
    private async Task<ModelFile?> TryOpenKnownAsync(CancellationToken cancellationToken)
    {
        if (folder.Mirrored().FirstOrDefault(manifest => _modelId.Length == 0 || manifest.ModelId == _modelId) is not { } manifest)
            return null;
        try
        {
            var model = await OpenAsync(folder.Mirror(manifest), cancellationToken);
            LogKnown(model.Id, manifest.Root[..12]);
            return model;
        }
        catch (E2LlmException error) when (error.MayRetry)
        {
            return null; // not all of the header is here
        }
    }

    private static async Task<ModelFile> OpenAsync(ModelMirror mirror, CancellationToken cancellationToken)
    {
        try
        {
            return await mirror.OpenAsync(cancellationToken);
        }
        catch
        {
            mirror.Dispose();
            throw;
        }
    }

    private async Task<string> OnlyModelAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        var ids = await Ask(grains.GetGrain<IModelsGrain>(0).GetIdsAsync(), cancellationToken);
        return ids.Length == 1
            ? ids[0]
            : throw new ConfigurationException(
                $"{HostOptions.Section}:{nameof(HostOptions.Model)} is 'fog'; the fog serves {string.Join(", ", ids)}: name one, as in fog:{ids.FirstOrDefault()}.");
    }

    private Task<T> Ask<T>(Task<T> call, CancellationToken cancellationToken) => call.WaitAsync(AskPatience, time, cancellationToken);

    private IHost BuildClient()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.UseOrleansClient(client =>
        {
            ClusteringSetup.AddTo(client, configuration.Clustering);
            client.UseConnectionRetryFilter((_, _) => Task.FromResult(false)); // what is waited for is said here
            if (configuration.Trust.IsOn)
                SiloTls.AddTo(client, FogTrust.Open(configuration.Trust, isNode: true));
        });
        return builder.Build();
    }

    /// <summary>Whether another attempt may fare better: nobody is there yet, or whoever was there has gone.</summary>
    private static bool MayPass(Exception error) => error switch
    {
        E2LlmException ours => ours.MayRetry,
        OrleansException or TimeoutException or IOException or OperationCanceledException or DbException => true,
        _ => false,
    };

    private void Say(string reason)
    {
        if (reason == _said)
            return;
        _said = reason;
        LogWaits(_modelId.Length > 0 ? _modelId : "the fog's model", reason);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for {Model} from another silo (E2LLM:Silo:Model is fog): {Reason}")]
    private partial void LogWaits(string model, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No other silo could be asked; going on with what this machine has of {Model} (manifest {Root}).")]
    private partial void LogKnown(string model, string root);
}
