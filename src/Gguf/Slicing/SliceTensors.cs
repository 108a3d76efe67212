using System.Collections.Immutable;
using E2LLM.Gguf.Format;
using E2LLM.Gguf.Models;

namespace E2LLM.Gguf.Slicing;

/// <summary>Says which tensors a slice has.</summary>
internal static class SliceTensors
{
    public static ImmutableArray<SliceTensor> Of(ModelFile model, int firstLayer, int layerCount)
    {
        var tensors = ImmutableArray.CreateBuilder<SliceTensor>();
        if (firstLayer + layerCount == model.HyperParameters.LayerCount)
            AddHead(tensors, model);
        else
            AddPlaceholders(tensors, model);
        // The norm has a handful of bytes, and llama.cpp demands it of every model.
        tensors.Add(SliceTensor.Copy(Tensor(model, TensorNames.OutputNorm), TensorNames.OutputNorm));
        foreach (var tensor in model.File.Tensors)
        {
            if (LayerTensorName.TryParse(tensor.Name, out var layer, out var suffix))
            {
                if (layer >= firstLayer && layer < firstLayer + layerCount)
                    tensors.Add(SliceTensor.Copy(tensor, LayerTensorName.Prefix(layer - firstLayer) + suffix));
            }
            else if (tensor.Name != TensorNames.TokenEmbedding && !TensorNames.IsHead(tensor.Name))
            {
                tensors.Add(SliceTensor.Copy(tensor, tensor.Name));
            }
        }
        return tensors.ToImmutable();
    }

    private static void AddHead(ImmutableArray<SliceTensor>.Builder tensors, ModelFile model)
    {
        var head = model.File.FindTensor(TensorNames.Output) ?? model.Embedding.Tensor;
        if (model.Architecture.OutputRequired)
        {
            // The embedding must have the head's shape and is never read: zeros, in as few bytes as its rows allow.
            var type = head.Shape[0] % GgmlTypeTraits.Of(GgmlType.Q4_0).BlockElements == 0 ? GgmlType.Q4_0 : GgmlType.F16;
            tensors.Add(SliceTensor.Zeros(TensorNames.TokenEmbedding, type, head.Shape[0], head.Shape[1]));
            tensors.Add(SliceTensor.Copy(head, TensorNames.Output));
        }
        else
        {
            tensors.Add(SliceTensor.Copy(head, TensorNames.TokenEmbedding));
        }
        if (model.File.FindTensor(TensorNames.OutputBias) is { } bias)
            tensors.Add(SliceTensor.Copy(bias, TensorNames.OutputBias));
    }

    private static void AddPlaceholders(ImmutableArray<SliceTensor>.Builder tensors, ModelFile model)
    {
        var width = model.HyperParameters.EmbeddingLength;
        tensors.Add(SliceTensor.Zeros(TensorNames.TokenEmbedding, GgmlType.F32, width, 1));
        if (model.Architecture.OutputRequired)
            tensors.Add(SliceTensor.Zeros(TensorNames.Output, GgmlType.F32, width, 1));
    }

    private static GgufTensor Tensor(ModelFile model, string name) => model.File.FindTensor(name)!;
}
