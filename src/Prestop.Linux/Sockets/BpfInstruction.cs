namespace Prestop.Linux.Sockets;

/// <summary>One instruction of classic BPF (struct sock_filter).</summary>
internal readonly struct BpfInstruction
{
    private const ushort LoadHalfWord = 0x28;
    private const ushort JumpIfEqual = 0x15;
    private const ushort Return = 0x06;

    private readonly ushort _code;
    private readonly byte _jumpIfTrue;
    private readonly byte _jumpIfFalse;
    private readonly uint _operand;

    private BpfInstruction(ushort code, byte jumpIfTrue, uint operand) =>
        (_code, _jumpIfTrue, _jumpIfFalse, _operand) = (code, jumpIfTrue, 0, operand);

    /// <summary>A program that accepts a message when the big-endian number at an offset is one of some.</summary>
    /// <param name="offset">Where the number's two bytes are.</param>
    /// <param name="wanted">The numbers; at most 250, since a jump is one byte long.</param>
    public static BpfInstruction[] AcceptIfHalfWordIsOneOf(uint offset, ReadOnlySpan<ushort> wanted)
    {
        var program = new BpfInstruction[wanted.Length + 3];
        program[0] = new BpfInstruction(LoadHalfWord, 0, offset);
        for (var i = 0; i < wanted.Length; i++)
        {
            program[i + 1] = new BpfInstruction(JumpIfEqual, (byte)(wanted.Length - i), wanted[i]);
        }

        program[^2] = new BpfInstruction(Return, 0, 0);
        program[^1] = new BpfInstruction(Return, 0, uint.MaxValue);
        return program;
    }
}
