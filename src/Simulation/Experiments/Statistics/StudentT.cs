namespace E2LLM.Simulation.Experiments.Statistics;

/// <summary>Quantiles of Student's t distribution for intervals of 95 %: 2.5 % lie beyond on either side.</summary>
public static class StudentT
{
    private const double Normal = 1.959964;

    /// <summary>By degrees of freedom from 1 on.</summary>
    private static readonly double[] Exact =
    [
        12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139,
        2.200985, 2.178813, 2.160369, 2.144787, 2.131450, 2.119905, 2.109816, 2.100922, 2.093024, 2.085963,
        2.079614, 2.073873, 2.068658, 2.063899, 2.059539, 2.055529, 2.051831, 2.048407, 2.045230, 2.042272,
    ];

    /// <param name="degrees">Of freedom: observations - 1. At least 1.</param>
    public static double Of(int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        if (degrees <= Exact.Length)
            return Exact[degrees - 1];
        // Cornish and Fisher's expansion by 1 / degrees, right to six digits from 30 on.
        const double z = Normal, z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z;
        double n = degrees;
        return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n);
    }
}
