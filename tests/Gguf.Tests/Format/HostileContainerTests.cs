using E2LLM.Gguf.Tests.Fixtures;

namespace E2LLM.Gguf.Tests.Format;

/// <summary>Files whose container is broken. Every case says which place the message must name.</summary>
public sealed class HostileContainerTests
{
    private const uint TypeUInt32 = 4;
    private const uint TypeFloat32 = 6;
    private const uint TypeBool = 7;
    private const uint TypeString = 8;
    private const uint TypeArray = 9;

    private static readonly Dictionary<string, (Action<RawGguf> Break, string Place)> Cases = new()
    {
        ["bad magic"] = (file => file.Magic = 0x46554746, "at byte 0"),
        ["version 0"] = (file => file.Version = 0, "at byte 4"),
        ["version 1"] = (file => file.Version = 1, "version 1 "),
        ["version 4"] = (file => file.Version = 4, "version 4 "),
        ["big-endian"] = (file => file.Version = 0x03000000, "big-endian"),
        ["tensor count of all ones"] = (file => file.TensorCount = ulong.MaxValue, "at byte 8: the tensor count"),
        ["tensor count above the limit"] = (file => file.TensorCount = 1 << 20, "at byte 8: the tensor count"),
        ["tensor count beyond the file"] = (file => file.TensorCount = 100_000, "at byte 8: the tensor count"),
        ["one tensor too many"] = (file => file.TensorCount = (ulong)file.Tensors.Count + 1, "tensor"),
        ["metadata count of all ones"] = (file => file.EntryCount = ulong.MaxValue, "at byte 16: the metadata count"),
        ["metadata count beyond the file"] = (file => file.EntryCount = 100_000, "at byte 16: the metadata count"),
        ["one metadata pair too many"] = (file => file.EntryCount = (ulong)file.Entries.Count + 1, "at byte"),
        ["key longer than the file"] = (file => file.Entries[1].KeyBytes = BitConverter.GetBytes(60_000_000ul), "the length of a metadata key"),
        ["key of 2^63 bytes"] = (file => file.Entries[1].KeyBytes = BitConverter.GetBytes(1ul << 63), "the length of a metadata key"),
        ["empty key"] = (file => file.Entries[1].KeyBytes = new byte[8], "a metadata key is empty"),
        ["key of invalid UTF-8"] = (file => file.Entries[1].KeyBytes = RawGguf.Text([0x61, 0xC3, 0x28]), "a metadata key is not valid UTF-8"),
        ["key with a zero character"] = (file => file.Entries[1].KeyBytes = RawGguf.Text([0x61, 0x00]), "a metadata key is not valid UTF-8"),
        ["duplicate key"] = (file => file.Entries.Add(file["llama.block_count"]), "'llama.block_count' occurs twice"),
        ["unknown value type"] = (file => file["llama.block_count"].Type = 13, "unknown value type 13"),
        ["value type of all ones"] = (file => file["llama.block_count"].Type = uint.MaxValue, "'llama.block_count'"),
        ["string longer than the file"] =
            (file => file.Set("x", TypeString, BitConverter.GetBytes(1ul << 29)), "the length of 'x'"),
        ["string of 2^64 - 1 bytes"] =
            (file => file.Set("x", TypeString, BitConverter.GetBytes(ulong.MaxValue)), "the length of 'x'"),
        ["bool of 2"] = (file => file.Set("x", TypeBool, 2), "'x' is a bool"),
        ["array longer than the file"] = (file => file.SetArray("x", TypeUInt32, 1 << 29), "the element count of 'x'"),
        ["array whose bytes overflow 64 bits"] = (file => file.SetArray("x", TypeFloat32, 1ul << 62), "the element count of 'x'"),
        ["array of strings longer than the file"] = (file => file.SetArray("x", TypeString, 1 << 29), "the element count of 'x'"),
        ["array with a string longer than the file"] =
            (file => file.SetArray("x", TypeString, 2, [.. RawGguf.Text([65]), .. BitConverter.GetBytes(1ul << 40)]), "a string of 'x'"),
        ["array of an unknown type"] = (file => file.SetArray("x", 77, 1, 0), "unknown value type 77"),
        ["array of arrays"] = (file => file.SetArray("x", TypeArray, 1, [.. BitConverter.GetBytes(TypeArray), .. new byte[8]]), "'x' is an array of arrays"),
        ["alignment 0"] = (file => file.Set("general.alignment", 0u), "'general.alignment' is 0"),
        ["alignment 48"] = (file => file.Set("general.alignment", 48u), "'general.alignment' is 48"),
        ["alignment 1"] = (file => file.Set("general.alignment", 1u), "'general.alignment' is 1"),
        ["alignment 2^31"] = (file => file.Set("general.alignment", 1u << 31), "'general.alignment' is 2147483648"),
        ["alignment that is a float"] = (file => file.Set("general.alignment", 32f), "'general.alignment' must be a UInt32"),
        ["alignment other than the data's"] = (file => file.Set("general.alignment", 4096u), "not aligned to 4096"),
        ["tensor name longer than ggml's"] = (file => file.Tensors[0].NameBytes = RawGguf.Text([.. Enumerable.Repeat((byte)'a', 64)]), "the length of a tensor name"),
        ["tensor name longer than the file"] = (file => file.Tensors[0].NameBytes = BitConverter.GetBytes(1ul << 50), "the length of a tensor name"),
        ["empty tensor name"] = (file => file.Tensors[0].NameBytes = new byte[8], "a tensor name is empty"),
        ["tensor name of invalid UTF-8"] = (file => file.Tensors[0].NameBytes = RawGguf.Text([0xFF]), "a tensor name is not valid UTF-8"),
        ["duplicate tensor"] = (file => file.Tensor("blk.1.attn_norm.weight").NameBytes = RawGguf.Text("blk.0.attn_norm.weight"u8.ToArray()), "'blk.0.attn_norm.weight' occurs twice"),
        ["0 dimensions"] = (file => file.Tensors[0].Dimensions = 0, "'token_embd.weight' has 0 dimensions"),
        ["5 dimensions"] = (file => file.Tensors[0].Dimensions = 5, "'token_embd.weight' has 5 dimensions"),
        ["2^32 - 1 dimensions"] = (file => file.Tensors[0].Dimensions = uint.MaxValue, "'token_embd.weight' has 4294967295 dimensions"),
        ["extent 0"] = (file => file.Tensors[0].Shape[1] = 0, "dimension 1 of the tensor 'token_embd.weight' is 0"),
        ["negative extent"] = (file => file.Tensors[0].Shape[1] = ulong.MaxValue, "dimension 1 of the tensor 'token_embd.weight'"),
        ["elements that overflow 64 bits"] = (file => file.Tensors[0].Shape[0] = file.Tensors[0].Shape[1] = 1ul << 33, "dimension 1 of the tensor 'token_embd.weight'"),
        ["elements that wrap to a small number"] =
            (file => { file.Tensors[0].Shape.Clear(); file.Tensors[0].Shape.AddRange([1ul << 32, 1ul << 32, 32]); }, "of the tensor 'token_embd.weight'"),
        ["bytes that overflow 64 bits"] = (file => { file.Tensors[0].Type = 28; file.Tensors[0].Shape[0] = 1ul << 61; file.Tensors[0].Shape[1] = 1; }, "does not fit into the file"),
        ["unknown tensor type"] = (file => file.Tensors[0].Type = 43, "unknown type 43"),
        ["removed tensor type"] = (file => file.Tensors[0].Type = 4, "unknown type 4"),
        ["rows that are no whole blocks"] = (file => { file.Tensors[0].Type = 12; }, "not a multiple of the 256"),
        ["tensor beyond the file"] = (file => file.Tensors[^1].Shape[1] += 1, "'blk.1.ffn_down.weight' ends at byte"),
        ["tensor larger than the file"] = (file => file.Tensors[^1].Shape[1] = 1 << 30, "'blk.1.ffn_down.weight' of"),
        ["offset of all ones"] = (file => file.Tensors[1].Offset = ulong.MaxValue, "'output_norm.weight' is said to start at"),
        ["offset beyond the file"] = (file => file.Tensors[1].Offset = 1ul << 40, "'output_norm.weight' is said to start at"),
        ["offset that is not aligned"] = (file => file.Tensors[1].Offset = 16, "'output_norm.weight' starts at 16"),
        ["overlapping tensors"] = (file => file.Tensors[1].Offset = 0, "'output_norm.weight' starts at 0 of the data and overlaps"),
        ["hole between tensors"] = (file => file.Tensors[1].Offset = RawModel.Vocabulary * RawModel.Embedding * 4 + 32, "but the tensor before it ends at"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Fact]
    public void Open_ValidFile_IsTaken()
    {
        using var directory = new TemporaryDirectory();

        Assert.Null(HostileFile.Open(directory.Write("valid.gguf", RawModel.Llama().Build())));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Open_BrokenContainer_IsRefusedWithItsPlace(string name)
    {
        var file = RawModel.Llama();
        Cases[name].Break(file);

        HostileFile.AssertRefused(file.Build(), Cases[name].Place);
    }

    [Fact]
    public void Open_FileCutAtAnyFieldBorder_IsRefused()
    {
        var file = RawModel.Llama();
        var bytes = file.Build();
        using var directory = new TemporaryDirectory();

        foreach (var end in file.Boundaries.SelectMany(border => new[] { border, border + 1 }))
        {
            var refusal = HostileFile.Open(directory.Write("cut.gguf", bytes[..end]));
            Assert.True(refusal is not null, $"a file cut to {end} bytes was taken");
            Assert.Contains("at byte", refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_MissingFileOrDirectory_IsRefusedWithItsPath()
    {
        using var directory = new TemporaryDirectory();

        Assert.Contains("none.gguf", Assert.Throws<Core.Errors.ModelFileException>(() => Gguf.Format.GgufFile.Open(directory.File("none.gguf"))).Message, StringComparison.Ordinal);
        Assert.Contains(directory.Path, Assert.Throws<Core.Errors.ModelFileException>(() => Gguf.Format.GgufFile.Open(directory.Path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 6000, 3)]
    [InlineData(2, 3000, 40)]
    public void Open_FlippedBits_IsTakenOrRefusedAndNothingElse(int seed, int files, int flips)
    {
        var file = RawModel.Llama();
        var valid = file.Build();
        var headerBytes = file.Boundaries[^file.Tensors.Count];
        var random = new Random(seed);
        using var directory = new TemporaryDirectory();
        var refused = 0;

        for (var i = 0; i < files; i++)
        {
            var bytes = (byte[])valid.Clone();
            for (var flip = 0; flip < flips; flip++)
            {
                // Half of the flips hit the fields at the front and the tensor table, not the long token list.
                var place = random.Next(2) == 0 ? random.Next(headerBytes) : random.Next(2) == 0 ? random.Next(600) : headerBytes - 1 - random.Next(1500);
                bytes[place] ^= (byte)(1 << random.Next(8));
            }
            refused += HostileFile.Open(directory.Write("flipped.gguf", bytes)) is null ? 0 : 1;
        }

        Assert.InRange(refused, files / 2, files);
    }
}
