using Prestop.Core;

namespace Sleep;

/// <summary>What the first option asks for. GNU's standard options end the program, so there is never a second one.</summary>
internal enum Option
{
    None,
    Help,
    Version,
    Bad,
}

/// <summary>
/// The arguments as getopt_long reads them: long options may be shortened; options may follow operands until <c>--</c>, or with
/// POSIXLY_CORRECT until the first operand.
/// </summary>
internal unsafe struct CommandLine
{
    private readonly int _count;
    private readonly byte** _arguments;
    private int _separator;

    public CommandLine(int count, byte** arguments)
    {
        _count = count;
        _arguments = arguments;
        _separator = 0;
    }

    /// <summary>As it was called, path and all: GNU's messages begin with it. Null when the caller passed no arguments at all.</summary>
    public readonly byte* ProgramName => _count > 0 ? _arguments[0] : null;

    /// <summary>Finds the first option, and complains when it is not one.</summary>
    public Option ReadOption()
    {
        for (var i = 1; i < _count; i++)
        {
            var argument = _arguments[i];
            if (argument[0] == '-' && argument[1] != 0)
            {
                if (argument[1] != '-')
                {
                    return RefuseShort(argument[1]);
                }

                if (argument[2] != 0)
                {
                    return ReadLong(argument);
                }

                _separator = i;
                break;
            }

            if (IsPosixlyCorrect)
            {
                break;
            }
        }

        return Option.None;
    }

    /// <summary>Adds up the operands; complains about every one that is no duration, or when there are no arguments at all.</summary>
    public readonly bool TryReadOperands(out Duration sum)
    {
        sum = Duration.Zero;
        var complaint = new Message(StandardStream.Error);
        for (var i = 1; i < _count; i++)
        {
            if (i == _separator)
            {
                continue;
            }

            var operand = _arguments[i];
            if (Duration.TryParse(operand, Length(operand), out var duration))
            {
                sum += duration;
            }
            else
            {
                complaint.AddName(ProgramName).Add(": invalid time interval "u8).AddQuoted(operand).Add("\n"u8);
            }
        }

        if (_count <= 1)
        {
            complaint.AddName(ProgramName).Add(": missing operand\n"u8);
        }

        return complaint.IsEmpty || EndWithAdvice(ref complaint);
    }

    private readonly Option ReadLong(byte* argument)
    {
        var name = argument + 2;
        var isHelp = Abbreviates(name, "help"u8);
        var isVersion = Abbreviates(name, "version"u8);
        var value = name;
        while (*value != 0 && *value != '=')
        {
            value++;
        }

        var complaint = new Message(StandardStream.Error);
        complaint.AddName(ProgramName);
        if (isHelp && isVersion)
        {
            complaint.Add(": option '"u8).Add(argument).Add("' is ambiguous; possibilities: '--help' '--version'\n"u8);
        }
        else if (!isHelp && !isVersion)
        {
            complaint.Add(": unrecognized option '"u8).Add(argument).Add("'\n"u8);
        }
        else if (*value == '=')
        {
            complaint.Add(": option '--"u8).Add(isHelp ? "help"u8 : "version"u8).Add("' doesn't allow an argument\n"u8);
        }
        else
        {
            return isHelp ? Option.Help : Option.Version;
        }

        EndWithAdvice(ref complaint);
        return Option.Bad;
    }

    private readonly Option RefuseShort(byte letter)
    {
        var complaint = new Message(StandardStream.Error);
        complaint.AddName(ProgramName).Add(": invalid option -- '"u8).Add(letter).Add("'\n"u8);
        EndWithAdvice(ref complaint);
        return Option.Bad;
    }

    private readonly bool EndWithAdvice(ref Message complaint)
    {
        complaint.Add("Try '"u8).AddName(ProgramName).Add(" --help' for more information.\n"u8).Send();
        return false;
    }

    private static bool IsPosixlyCorrect
    {
        get
        {
            fixed (byte* name = "POSIXLY_CORRECT\0"u8)
            {
                return LibC.Environment(name) != null;
            }
        }
    }

    private static bool Abbreviates(byte* text, ReadOnlySpan<byte> name)
    {
        var i = 0;
        while (text[i] != 0 && text[i] != '=')
        {
            if (i == name.Length || text[i] != name[i])
            {
                return false;
            }

            i++;
        }

        return true;
    }

    private static nuint Length(byte* text)
    {
        nuint length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        return length;
    }
}
