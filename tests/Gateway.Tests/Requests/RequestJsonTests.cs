using System.Text.Json;
using E2LLM.Core.Requests;
using E2LLM.Gateway.Requests;
using E2LLM.Grains.Interfaces.Requests;

namespace E2LLM.Gateway.Tests.Requests;

public sealed class RequestJsonTests
{
    [Fact]
    public void Write_FailureThatNamesAFile_KeepsItsFolderBack()
    {
        var record = new RequestRecord
        {
            Request = new GenerationRequest { Id = "r", ModelId = "m", PromptTokens = [1], MaxTokens = 1 },
            Phase = RequestPhase.Done,
            Failure = new RequestFailure
            {
                Party = FailedParty.Stage, Phase = RequestPhase.Decode, Message = "/srv/models/m.gguf: at byte 4 it is damaged",
            },
        };
        using var bytes = new MemoryStream();

        using (var json = new Utf8JsonWriter(bytes))
            RequestJson.Write(json, record);

        using var written = JsonDocument.Parse(bytes.ToArray());
        Assert.Equal("m.gguf: at byte 4 it is damaged", written.RootElement.GetProperty("failure").GetProperty("message").GetString());
    }
}
