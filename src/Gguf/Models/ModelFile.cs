using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Weights;

namespace E2LLM.Gguf.Models;

/// <summary>
/// A GGUF file, or the parts of a split one, that holds a whole model of a supported architecture: sizes, vocabulary and every tensor have been checked, so that
/// llama.cpp meets nothing that it would answer with abort().
/// </summary>
public sealed class ModelFile : IDisposable
{
    private ModelFile(GgufFile file, string id, ModelArchitecture architecture, HyperParameters sizes, ImmutableArray<ExpectedTensor> layout)
    {
        File = file;
        Id = id;
        Architecture = architecture;
        HyperParameters = sizes;
        Layout = layout;
        Embedding = new EmbeddingTable(file.FindTensor(TensorNames.TokenEmbedding)!, architecture.ScalesEmbedding ? MathF.Sqrt(sizes.EmbeddingLength) : 1);
    }

    public GgufFile File { get; }

    /// <summary>The name that clients ask for.</summary>
    public string Id { get; }

    public string ArchitectureName => Architecture.Name;

    public HyperParameters HyperParameters { get; }

    public EmbeddingTable Embedding { get; }

    /// <summary>Where its tensors come from as they are needed; null: its files are on this machine.</summary>
    public ModelMirror? Mirror { get; private init; }

    /// <summary>A file with its metadata and vocabulary.</summary>
    public string VocabularyPath => Mirror?.VocabularyPath ?? File.Path;

    internal ModelArchitecture Architecture { get; }

    /// <summary>Every tensor of the file, with its role.</summary>
    internal ImmutableArray<ExpectedTensor> Layout { get; }

    /// <summary>What a model is called where nobody names it: its file's name without the extension and the number of the part.</summary>
    public static string IdOf(string path) => Path.GetFileNameWithoutExtension(SplitName.Parse(path) is { } part ? part.Prefix + ".gguf" : path);

    /// <param name="path">A GGUF file of a whole model, or any part of a split one whose other parts lie beside it.</param>
    /// <param name="id">Null takes <see cref="IdOf"/>.</param>
    /// <exception cref="ModelFileException">The file is missing, damaged, hostile, or of a kind that cannot be served in slices.</exception>
    public static ModelFile Open(string path, string? id = null)
    {
        return Check(GgufFile.Open(path), id ?? IdOf(path), mirror: null);
    }

    /// <param name="mirror">Has the pieces of the header.</param>
    /// <exception cref="ModelFileException">The model is damaged, hostile, or of a kind that cannot be served in slices.</exception>
    internal static ModelFile Open(ModelMirror mirror) => Check(
        GgufFile.Open([.. mirror.Manifest.Files.Select((_, index) => new MirrorBytes(mirror, index))]), mirror.Manifest.ModelId, mirror);

    private static ModelFile Check(GgufFile file, string id, ModelMirror? mirror)
    {
        try
        {
            var architecture = ModelValidator.FindArchitecture(file);
            var sizes = new HyperParameterReader(file, architecture).Read();
            var layout = ModelValidator.CheckTensors(file, architecture, sizes);
            VocabularyValidator.Check(file, sizes.VocabularySize);
            return new ModelFile(file, id, architecture, sizes, layout) { Mirror = mirror };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        File.Dispose();
        Mirror?.Dispose();
    }
}
