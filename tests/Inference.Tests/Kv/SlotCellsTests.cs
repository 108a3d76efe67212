using E2LLM.Inference.Kv;

namespace E2LLM.Inference.Tests.Kv;

public sealed class SlotCellsTests
{
    [Fact]
    public void CountCells_AfterAnyOperations_CountsAsACacheOfCellsDoes()
    {
        var random = new Random(42);
        var slots = Enumerable.Repeat(SlotCells.Empty, 5).ToArray();
        // The cells themselves: which one a slot has at each position.
        var cells = slots.Select(_ => new List<int>()).ToArray();
        var nextRun = 0L;
        var nextCell = 0;
        var shared = 0;
        for (var operation = 0; operation < 20_000; operation++)
        {
            var slot = random.Next(slots.Length);
            var other = random.Next(slots.Length);
            switch (random.Next(4))
            {
                case 0 when cells[slot].Count == 0 && cells[other].Count > 0:
                    var positions = random.Next(1, cells[other].Count + 1);
                    slots[slot] = slots[other].Prefix(positions);
                    slots[other] = slots[other].AsCopied();
                    cells[slot] = cells[other][..positions];
                    break;
                case 1 when random.Next(3) == 0:
                    slots[slot] = SlotCells.Empty;
                    cells[slot] = [];
                    break;
                case 2:
                    var length = random.Next(1, 40);
                    slots[slot] = slots[slot].Truncate(length);
                    cells[slot] = [.. cells[slot].Take(length)];
                    break;
                default:
                    var count = random.Next(1, 4);
                    slots[slot] = slots[slot].Append(count, ref nextRun);
                    cells[slot].AddRange(Enumerable.Range(nextCell, count));
                    nextCell += count;
                    break;
            }
            Assert.Equal(cells.Select(held => held.Count), slots.Select(held => held.Length));
            var distinct = cells.SelectMany(held => held).Distinct().Count();
            Assert.Equal(distinct, SlotCells.CountCells(slots));
            shared += distinct < cells.Sum(held => held.Count) ? 1 : 0;
        }
        Assert.True(shared > 5_000, "Cells were hardly ever shared.");
    }

    [Fact]
    public void CountCells_OfClosedSlots_IsZero()
    {
        Assert.Equal(0, SlotCells.CountCells([SlotCells.Closed, SlotCells.Empty, SlotCells.Closed]));
        Assert.False(SlotCells.Closed.Truncate(3).IsOpen);
    }
}
