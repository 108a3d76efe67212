using System.Text;

namespace E2LLM.Gguf.Tests.Fixtures;

/// <summary>A GGUF file field by field, any of which may lie. Built without the product's writer, so that each checks the other.</summary>
public sealed class RawGguf
{
    public uint Magic { get; set; } = 0x46554747;

    public uint Version { get; set; } = 3;

    public ulong? TensorCount { get; set; }

    public ulong? EntryCount { get; set; }

    public List<RawEntry> Entries { get; } = [];

    public List<RawTensor> Tensors { get; } = [];

    public int Alignment { get; set; } = 32;

    public RawEntry this[string key] => Entries.Single(entry => entry.Key == key);

    public RawTensor Tensor(string name) => Tensors.Single(tensor => tensor.Name == name);

    public void Set(string key, uint type, params byte[] payload)
    {
        Entries.RemoveAll(entry => entry.Key == key);
        Entries.Add(new RawEntry(key, type, payload));
    }

    public void Set(string key, uint value) => Set(key, 4, BitConverter.GetBytes(value));

    public void Set(string key, float value) => Set(key, 6, BitConverter.GetBytes(value));

    public void Set(string key, string value) => Set(key, 8, Text(Encoding.UTF8.GetBytes(value)));

    public void SetArray(string key, uint elementType, ulong count, params byte[] elements) =>
        Set(key, 9, [.. BitConverter.GetBytes(elementType), .. BitConverter.GetBytes(count), .. elements]);

    public void SetStrings(string key, params IEnumerable<string> values) =>
        SetArray(key, 8, (ulong)values.Count(), [.. values.SelectMany(value => Text(Encoding.UTF8.GetBytes(value)))]);

    public void Remove(string key) => Entries.RemoveAll(entry => entry.Key == key);

    public void AddTensor(string name, uint type, int bytes, params ulong[] shape) =>
        Tensors.Add(new RawTensor { Name = name, Type = type, Bytes = bytes, Shape = [.. shape] });

    /// <summary>Offsets in the file at which one field ends and the next begins.</summary>
    public List<int> Boundaries { get; } = [];

    public byte[] Build()
    {
        var stream = new MemoryStream();
        Boundaries.Clear();
        void Put(params byte[] bytes)
        {
            Boundaries.Add((int)stream.Length);
            stream.Write(bytes);
        }

        Put(BitConverter.GetBytes(Magic));
        Put(BitConverter.GetBytes(Version));
        Put(BitConverter.GetBytes(TensorCount ?? (ulong)Tensors.Count));
        Put(BitConverter.GetBytes(EntryCount ?? (ulong)Entries.Count));
        foreach (var entry in Entries)
        {
            Put(entry.KeyBytes ?? Text(Encoding.UTF8.GetBytes(entry.Key)));
            Put(BitConverter.GetBytes(entry.Type));
            Put(entry.Payload);
        }
        var next = 0L;
        foreach (var tensor in Tensors)
        {
            tensor.TrueOffset = next;
            next = Align(next + tensor.Bytes);
            Put(tensor.NameBytes ?? Text(Encoding.UTF8.GetBytes(tensor.Name)));
            Put(BitConverter.GetBytes(tensor.Dimensions ?? (uint)tensor.Shape.Count));
            foreach (var extent in tensor.Shape)
                Put(BitConverter.GetBytes(extent));
            Put(BitConverter.GetBytes(tensor.Type));
            Put(BitConverter.GetBytes(tensor.Offset ?? (ulong)tensor.TrueOffset));
        }
        var start = Align(stream.Length);
        foreach (var tensor in Tensors)
        {
            stream.SetLength(start + tensor.TrueOffset);
            stream.Position = stream.Length;
            Put([.. Enumerable.Range(0, tensor.Bytes).Select(i => (byte)((i * 7 + tensor.Name.Length) & 0x7E))]);
        }
        return stream.ToArray();
    }

    public static byte[] Text(byte[] bytes) => [.. BitConverter.GetBytes((ulong)bytes.Length), .. bytes];

    private long Align(long offset) => (offset + Alignment - 1) / Alignment * Alignment;

    public sealed class RawEntry(string key, uint type, byte[] payload)
    {
        public string Key { get; } = key;

        /// <summary>Length and characters instead of the key's own.</summary>
        public byte[]? KeyBytes { get; set; }

        public uint Type { get; set; } = type;

        public byte[] Payload { get; set; } = payload;
    }

    public sealed class RawTensor
    {
        public required string Name { get; init; }

        public byte[]? NameBytes { get; set; }

        public required List<ulong> Shape { get; init; }

        public uint? Dimensions { get; set; }

        public required uint Type { get; set; }

        public ulong? Offset { get; set; }

        public required int Bytes { get; set; }

        public long TrueOffset { get; set; }
    }
}
