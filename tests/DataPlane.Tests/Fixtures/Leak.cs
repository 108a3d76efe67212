using E2LLM.Core.Kv;

namespace E2LLM.DataPlane.Tests.Fixtures;

internal static class Leak
{
    public static void AssertDisposed(KvBlock block) => Assert.Throws<ObjectDisposedException>(() => block.Bytes);

    public static bool IsRented(KvBlock block)
    {
        try
        {
            return !block.Bytes.IsEmpty;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
