namespace NodeAgent.Kubelet.Logs;

/// <summary>Finds the last lines of a file without reading the rest of it.</summary>
internal static class LogTail
{
    /// <summary>Goes to the beginning of the last lines.</summary>
    /// <returns>How many lines the file has too few: 0 when it has as many as are asked for.</returns>
    public static async Task<long> SeekAsync(Stream file, long lines, CancellationToken cancellationToken)
    {
        // Spaces at the end are no line: they are where the log was cut.
        var length = await LengthWithoutBlanksAsync(file, cancellationToken);
        var position = length;
        var found = 0L;
        var block = new byte[16 * 1024];
        if (lines == 0)
        {
            file.Position = position;
            return 0;
        }

        while (position > 0)
        {
            var count = (int)Math.Min(block.Length, position);
            position -= count;
            file.Position = position;
            await file.ReadExactlyAsync(block.AsMemory(0, count), cancellationToken);
            for (var i = count - 1; i >= 0; i--)
            {
                // The newline that ends the last line ends no line before it.
                if (block[i] == '\n' && position + i != length - 1 && ++found == lines)
                {
                    file.Position = position + i + 1;
                    return 0;
                }
            }
        }

        file.Position = 0;
        return lines - (length > 0 ? found + 1 : 0);
    }

    private static async Task<long> LengthWithoutBlanksAsync(Stream file, CancellationToken cancellationToken)
    {
        var block = new byte[4096];
        for (var end = file.Length; end > 0;)
        {
            var count = (int)Math.Min(block.Length, end);
            file.Position = end - count;
            await file.ReadExactlyAsync(block.AsMemory(0, count), cancellationToken);
            var kept = block.AsSpan(0, count).TrimEnd((byte)' ').Length;
            if (kept > 0)
            {
                return end - count + kept;
            }

            end -= count;
        }

        return 0;
    }
}
