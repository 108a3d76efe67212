using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using E2LLM.Core.Buffers;

namespace E2LLM.Core.Tests.Serialization;

/// <summary>Makes an instance of a wire type in which no property has its default value, and writes instances as text.</summary>
internal sealed class SampleFactory
{
    private int _next;

    public object Create(Type type)
    {
        _next++;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return $"text {_next}";
        if (type == typeof(bool))
            return true;
        if (type == typeof(DateTimeOffset))
            return DateTimeOffset.UnixEpoch.AddSeconds(_next);
        if (type == typeof(Guid))
            return new Guid(_next, 1, 2, new byte[8]);
        if (type.IsEnum)
            return Enum.GetValues(type).Cast<object>().Last();
        if (type.IsPrimitive)
            return Convert.ChangeType(_next, type, CultureInfo.InvariantCulture);
        if (type == typeof(TensorBuffer))
            return Tensor();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
            return Array(type.GetGenericArguments()[0]);
        var instance = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var property in Properties(type))
            property.SetValue(instance, Create(property.PropertyType));
        return instance;
    }

    /// <summary>All values in it, by name.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "null",
        string or bool or Guid or DateTimeOffset or Enum => $"{value}",
        _ when value.GetType().IsPrimitive => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        TensorBuffer tensor => $"{tensor.Rows} x {tensor.Width}: {string.Join(" ", tensor.Values.ToArray())}",
        IEnumerable items => $"[{string.Join(", ", items.Cast<object>().Select(Describe))}]",
        _ => $"{{{string.Join(", ", Properties(value.GetType()).Select(property => $"{property.Name}: {Describe(property.GetValue(value))}"))}}}",
    };

    /// <summary>The properties that hold state: those that are set, once.</summary>
    public static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(property => property.SetMethod is not null);

    private object Array(Type element)
    {
        var items = System.Array.CreateInstance(element, 2);
        items.SetValue(Create(element), 0);
        items.SetValue(Create(element), 1);
        return typeof(ImmutableArray).GetMethods()
            .Single(method => method.Name == nameof(ImmutableArray.Create) && method.GetParameters() is [{ ParameterType.IsArray: true }])
            .MakeGenericMethod(element).Invoke(null, [items])!;
    }

    private TensorBuffer Tensor()
    {
        var tensor = TensorBuffer.Rent(2, 3);
        for (var index = 0; index < tensor.Values.Length; index++)
            tensor.Values[index] = _next + index / 8f;
        return tensor;
    }
}
