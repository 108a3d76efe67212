using E2LLM.Planning.Columns;
using E2LLM.Planning.Exact;
using E2LLM.Planning.Search;

namespace E2LLM.Planning.Certificates;

/// <summary>Chooses the tightest bound that the fleet's size allows.</summary>
internal static class CapacityBounds
{
    public static ICapacityBound For(PlanningContext context) =>
        context.Serving.Fleet.DeviceCount <= CapacityBound.MaxDevices
            ? new LagrangianBound(context)
            : new ColumnBound(context);
}
