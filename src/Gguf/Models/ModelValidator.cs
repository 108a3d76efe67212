using System.Collections.Immutable;
using E2LLM.Core.Errors;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Slicing;

namespace E2LLM.Gguf.Models;

/// <summary>Checks that a file is a whole model of a supported architecture and has its tensors, all of them and no others.</summary>
internal static class ModelValidator
{
    /// <exception cref="ModelFileException">The file is no whole model, or its architecture is not supported.</exception>
    public static ModelArchitecture FindArchitecture(GgufFile file)
    {
        var metadata = file.Metadata;
        var name = metadata.FindString(MetadataKeys.Architecture)
            ?? throw FileFault.InFile(file.Path, $"the key '{MetadataKeys.Architecture}' is missing");
        var architecture = ModelArchitectures.Find(name)
            ?? throw metadata.Fault(metadata.Find(MetadataKeys.Architecture)!, ModelArchitectures.Refusal(name));
        if (metadata.FindString(MetadataKeys.Type) is { } type && type != "model")
            throw metadata.Fault(metadata.Find(MetadataKeys.Type)!, $"this is a file of type '{type}', not a model");
        if (metadata.Find(SliceKeys.First) is { } slice)
            throw metadata.Fault(slice, "this is a slice of a model, not a whole one");
        CheckArrays(file, architecture);
        return architecture;
    }

    /// <returns>Every tensor of the file, with its role.</returns>
    /// <exception cref="ModelFileException">A tensor is missing, unknown, of another shape, or stored in a way that ggml cannot compute with.</exception>
    public static ImmutableArray<ExpectedTensor> CheckTensors(GgufFile file, ModelArchitecture architecture, HyperParameters sizes)
    {
        // The layout is built from the number of layers that the header claims; hold that against the file first.
        if (sizes.LayerCount > file.Tensors.Length)
            throw FileFault.InFile(file.Path, $"'{architecture.Key(MetadataKeys.BlockCount)}' is {sizes.LayerCount}, but the file has only {file.Tensors.Length} tensors");
        var layout = TensorLayout.Of(architecture, sizes, name => file.FindTensor(name) is not null);
        foreach (var expected in layout)
            CheckTensor(file, expected);
        if (layout.Length == file.Tensors.Length)
            return layout;
        var known = layout.Select(tensor => tensor.Name).ToHashSet();
        var unknown = file.Tensors.First(tensor => !known.Contains(tensor.Name));
        throw file.Fault(unknown,
            $"the tensor '{unknown.Name}' is none that a {architecture.Name} model of {sizes.LayerCount} layers has");
    }

    private static void CheckTensor(GgufFile file, ExpectedTensor expected)
    {
        var tensor = file.FindTensor(expected.Name)
            ?? throw FileFault.InFile(file.Path, $"the tensor '{expected.Name}' of shape {expected.ShapeText} is missing");
        // ggml pads a shape with ones, and so may a file.
        var used = tensor.Shape.Length;
        while (used > expected.Shape.Length && tensor.Shape[used - 1] == 1)
            used--;
        if (!tensor.Shape.AsSpan()[..used].SequenceEqual(expected.Shape.AsSpan()))
            throw file.Fault(tensor, $"the tensor '{tensor.Name}' has the shape {tensor.ShapeText}; {expected.ShapeText} is needed");
        if (expected.Role == TensorRole.Vector && tensor.Type != GgmlType.F32)
            throw file.Fault(tensor, $"the tensor '{tensor.Name}' is stored as {tensor.Type}; F32 is needed");
        if (!GgmlTypeTraits.Of(tensor.Type).IsWeight)
            throw file.Fault(tensor, $"the tensor '{tensor.Name}' is stored as {tensor.Type}, which llama.cpp cannot multiply by");
    }

    // An array that nobody knows may belong to the layers one by one, and then a slice that copied it would be wrong.
    private static void CheckArrays(GgufFile file, ModelArchitecture architecture)
    {
        foreach (var entry in file.Metadata.Entries)
        {
            if (entry.Type == GgufValueType.Array && entry.Key.StartsWith(architecture.Name + ".", StringComparison.Ordinal)
                && !architecture.PerLayerKeys.Any(suffix => entry.Key == architecture.Key(suffix)))
                throw file.Metadata.Fault(entry, $"'{entry.Key}' is an array; it is not known how a slice of a {architecture.Name} model has to treat it");
        }
    }
}
