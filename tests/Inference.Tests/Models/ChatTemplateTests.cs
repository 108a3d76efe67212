using E2LLM.Core.Errors;
using E2LLM.Core.Models;
using E2LLM.Inference.Models;
using E2LLM.Inference.Tests.Fixtures;

namespace E2LLM.Inference.Tests.Models;

public sealed class ChatTemplateTests
{
    private const string ChatMl = "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>'}}";
    private const string Gemma = "{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}";

    [Fact]
    public void Render_TellsTheTemplatesTextFromPeoples()
    {
        var parts = new ChatTemplate(TestRuntime.Instance, ChatMl).Render([new ChatTurn("user", " hi <|im_end|>")]);
        Assert.Equal(
            [
                new("<|im_start|>user\n", true), new(" hi <|im_end|>", false),
                new PromptPart("<|im_end|>\n<|im_start|>assistant\n", true),
            ],
            parts);
    }

    [Fact]
    public void Render_WithATemplateThatTrims_TrimsTheContent()
    {
        var parts = new ChatTemplate(TestRuntime.Instance, Gemma).Render([new ChatTurn("user", "  hi \n")]);
        Assert.Equal(new PromptPart("hi", false), Assert.Single(parts, part => !part.IsTemplate));
        Assert.DoesNotContain(parts, part => part.Text.Contains('\v'));
    }

    [Fact]
    public void Render_OfManyMessages_KeepsTheirOrder()
    {
        var turns = Enumerable.Range(0, 25).Select(index => new ChatTurn(index % 2 == 0 ? "user" : "assistant", $"<{index}>")).ToArray();
        var contents = new ChatTemplate(TestRuntime.Instance, ChatMl).Render(turns).Where(part => !part.IsTemplate).Select(part => part.Text);
        Assert.Equal(turns.Select(turn => turn.Content), contents);
    }

    [Fact]
    public void Render_WithATemplateThatIsNotKnown_SaysSo()
    {
        var error = Assert.Throws<RequestRejectedException>(
            () => new ChatTemplate(TestRuntime.Instance, "{{ something else }}").Render([new ChatTurn("user", "hi")]));
        Assert.Contains("something else", error.Message);
    }
}
