using System.Collections.Immutable;
using System.Globalization;
using E2LLM.Core.Errors;

namespace E2LLM.Gguf.Format;

/// <summary>
/// Opens all parts of a split model from any one of them. llama.cpp finds them by their names, and so does this: what is opened here has
/// to open there too. The first part has the model's metadata; the tensors are spread over all of them.
/// </summary>
internal static class SplitParts
{
    /// <param name="path">A whole file, or any part.</param>
    /// <returns>In their order; one where the file is whole.</returns>
    /// <exception cref="ModelFileException">A part is missing, unreadable, damaged, or of another model.</exception>
    public static ImmutableArray<GgufPart> Open(string path)
    {
        List<GgufPart> opened = [GgufPart.Open(path)];
        try
        {
            var given = opened[0];
            var count = Count(given);
            if (count <= 1)
                return [given];
            var name = Name(given, count);
            var parts = new GgufPart[count];
            parts[name.Number - 1] = given;
            for (var number = 1; number <= count; number++)
            {
                if (number != name.Number)
                    opened.Add(parts[number - 1] = OpenPart(name, number));
                CheckNumber(parts[number - 1], number, count);
            }
            CheckTensors(parts);
            return [.. parts];
        }
        catch
        {
            opened.ForEach(part => part.Dispose());
            throw;
        }
    }

    /// <summary>Joins the parts of a model whose order is known.</summary>
    /// <param name="parts">At least one.</param>
    /// <exception cref="ModelFileException">They are not all the parts of one model.</exception>
    public static ImmutableArray<GgufPart> Join(GgufPart[] parts)
    {
        if (parts.Length == 1 && Count(parts[0]) <= 1)
            return [parts[0]];
        for (var index = 0; index < parts.Length; index++)
            CheckNumber(parts[index], index + 1, parts.Length);
        CheckTensors(parts);
        return [.. parts];
    }

    private static long Count(GgufPart part) => part.FindInteger(SplitKeys.Count, GgufValueType.UInt16) ?? 1;

    private static SplitName Name(GgufPart part, long count)
    {
        var name = SplitName.Parse(part.Path);
        return name is not null && name.Count == count && name.Number >= 1 && name.Number <= count
            ? name
            : throw FileFault.InFile(part.Path,
                $"this is one of {count} parts of a model; the parts are found by their names, which must end in -00001-of-{count:D5}.gguf and so on");
    }

    private static GgufPart OpenPart(SplitName name, int number)
    {
        var path = name.PathOf(number);
        return File.Exists(path)
            ? GgufPart.Open(path)
            : throw FileFault.InFile(path, $"this file is missing: it is part {number} of {name.Count} of a model, and all parts must lie in one folder");
    }

    private static void CheckNumber(GgufPart part, int number, long count)
    {
        var place = part.FindInteger(SplitKeys.Number, GgufValueType.UInt16);
        if (Count(part) != count || place != number - 1)
            throw FileFault.InFile(part.Path,
                $"by its name this is part {number} of {count}, but '{SplitKeys.Number}' is {place?.ToString(CultureInfo.InvariantCulture) ?? "missing"} (from 0) and '{SplitKeys.Count}' is {Count(part)}");
    }

    // Parts of two downloads look alike by their names; the numbers of their tensors tell most of them apart.
    private static void CheckTensors(GgufPart[] parts)
    {
        var names = new HashSet<string>();
        foreach (var part in parts)
        {
            foreach (var tensor in part.Header.Tensors)
            {
                if (!names.Add(tensor.Name))
                    throw FileFault.At(part.Path, tensor.InfoOffsetBytes, $"the tensor '{tensor.Name}' is in an earlier part already");
            }
        }
        foreach (var part in parts)
        {
            if (part.FindInteger(SplitKeys.TensorCount, GgufValueType.Int32) is var told && told != names.Count)
                throw FileFault.InFile(part.Path,
                    $"'{SplitKeys.TensorCount}' is {told?.ToString(CultureInfo.InvariantCulture) ?? "missing"}, but the {parts.Length} parts have {names.Count} tensors: they are not parts of one model, or one was cut short");
        }
    }
}
