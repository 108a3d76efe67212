using Azure.Core;
using Azure.Storage.Blobs;
using E2LLM.Core.Errors;

namespace E2LLM.Silo.Storage;

/// <summary>The container of blobs that holds a journal.</summary>
internal static class AzureBlobs
{
    private const string ProbeName = "e2llm-probe";

    /// <summary>
    /// With a short patience: requests do not wait for their records, and whoever has a record to write tries again himself. The first
    /// call of a request reads, though, so a store that is gone would cost each of them the whole of it.
    /// </summary>
    public static BlobServiceClient Client(StorageOptions options) => new(options.ConnectionString, new BlobClientOptions
    {
        Retry =
        {
            Mode = RetryMode.Exponential,
            MaxRetries = 1,
            Delay = TimeSpan.FromMilliseconds(100),
            MaxDelay = TimeSpan.FromSeconds(1),
            NetworkTimeout = TimeSpan.FromSeconds(10),
        },
    });

    /// <summary>Makes the container where it is missing, and writes and deletes a blob in it.</summary>
    /// <exception cref="ConfigurationException">It cannot be reached or written to; says which option to look at.</exception>
    public static async Task CheckAsync(StorageOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var container = Client(options).GetBlobContainerClient(options.ContainerName);
            await container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            var probe = container.GetBlobClient(ProbeName);
            await probe.UploadAsync(BinaryData.Empty, overwrite: true, cancellationToken);
            await probe.DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }
        catch (Exception error) when (StorageOutage.IsOf(error) && !cancellationToken.IsCancellationRequested)
        {
            throw new ConfigurationException(
                $"The container '{options.ContainerName}' ({StorageOptions.Section}:{nameof(StorageOptions.ContainerName)}) in the account of "
                + $"{StorageOptions.Section}:{nameof(StorageOptions.ConnectionString)} cannot be written to: {StorageOutage.ReasonOf(error)}",
                error);
        }
    }
}
