namespace E2LLM.Planning.Columns;

/// <summary>The linear programme max c x, A x &lt;= b, x &gt;= 0 with b &gt;= 0, whose columns come one by one. Dense revised simplex.</summary>
/// <remarks>
/// The slacks are the first basis. Bounds are raised by tiny unequal amounts, so that no vertex is degenerate and no pivot rule can
/// cycle; that is harmless, because the caller proves its bound from the prices alone.
/// </remarks>
internal sealed class PackingSimplex
{
    private const double Tolerance = 1e-9;

    private readonly int _rows;
    private readonly double[,] _inverse;
    private readonly double[] _values;
    private readonly int[] _basis;
    private readonly List<(double Gain, (int Row, double Value)[] Entries)> _columns = [];

    public PackingSimplex(ReadOnlySpan<double> limits)
    {
        _rows = limits.Length;
        _inverse = new double[_rows, _rows];
        _values = new double[_rows];
        _basis = new int[_rows];
        Prices = new double[_rows];
        for (var row = 0; row < _rows; row++)
        {
            _inverse[row, row] = 1;
            _values[row] = limits[row] + 1e-8 * (1 + row);
            _basis[row] = -1 - row;
        }
    }

    /// <summary>Dual value of each row after <see cref="Solve"/>.</summary>
    public double[] Prices { get; }

    public void Add(double gain, (int Row, double Value)[] entries) => _columns.Add((gain, entries));

    /// <summary>Value of each column at the optimum.</summary>
    public double[] Solution()
    {
        var solution = new double[_columns.Count];
        for (var row = 0; row < _rows; row++)
            if (_basis[row] >= 0)
                solution[_basis[row]] = Math.Max(0, _values[row]);
        return solution;
    }

    /// <summary>Pivots until no column and no slack gains.</summary>
    public void Solve(CancellationToken cancellationToken)
    {
        var direction = new double[_rows];
        // Far beyond what these programmes take; what is not optimal then still gives valid, only looser, prices.
        for (var pivot = 0; pivot < 20_000; pivot++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SetPrices();
            var entering = Entering();
            if (entering == int.MinValue)
                return;
            SetDirection(entering, direction);
            var leaving = Leaving(direction);
            if (leaving < 0)
                throw new InvalidOperationException("A packing programme cannot be unbounded.");
            Pivot(entering, leaving, direction);
        }
    }

    private void SetPrices()
    {
        Array.Clear(Prices);
        for (var row = 0; row < _rows; row++)
        {
            if (_basis[row] < 0 || _columns[_basis[row]].Gain is var gain && gain == 0)
                continue;
            for (var column = 0; column < _rows; column++)
                Prices[column] += gain * _inverse[row, column];
        }
    }

    private int Entering()
    {
        var (entering, best) = (int.MinValue, Tolerance);
        for (var row = 0; row < _rows; row++)
            if (-Prices[row] > best)
                (entering, best) = (-1 - row, -Prices[row]);
        for (var column = 0; column < _columns.Count; column++)
        {
            var (gain, entries) = _columns[column];
            foreach (var (row, value) in entries)
                gain -= Prices[row] * value;
            if (gain > best)
                (entering, best) = (column, gain);
        }
        return entering;
    }

    private void SetDirection(int entering, double[] direction)
    {
        for (var row = 0; row < _rows; row++)
        {
            var sum = 0.0;
            if (entering < 0)
                sum = _inverse[row, -1 - entering];
            else
                foreach (var (at, value) in _columns[entering].Entries)
                    sum += _inverse[row, at] * value;
            direction[row] = sum;
        }
    }

    private int Leaving(double[] direction)
    {
        var (leaving, least) = (-1, double.PositiveInfinity);
        for (var row = 0; row < _rows; row++)
            if (direction[row] > Tolerance && Math.Max(0, _values[row]) / direction[row] is var ratio && ratio < least)
                (leaving, least) = (row, ratio);
        return leaving;
    }

    private void Pivot(int entering, int leaving, double[] direction)
    {
        var scale = 1 / direction[leaving];
        _values[leaving] *= scale;
        for (var column = 0; column < _rows; column++)
            _inverse[leaving, column] *= scale;
        for (var row = 0; row < _rows; row++)
        {
            if (row == leaving || direction[row] == 0)
                continue;
            _values[row] -= direction[row] * _values[leaving];
            for (var column = 0; column < _rows; column++)
                _inverse[row, column] -= direction[row] * _inverse[leaving, column];
        }
        _basis[leaving] = entering;
    }
}
