#!/usr/bin/env python3
"""Records how a real kernel's verifier prints instructions: sudo python3 test/cli/record-disasm.py > OUT.json

Every opcode with odd registers, offsets and immediates, each alone in a program that is loaded with log level 2 and, mostly,
refused; what the log says of its first instruction is kept as [hex of the instruction's slots, text].
"""
import ctypes, json, os, random, re, struct

libc = ctypes.CDLL(None, use_errno=True)
random.seed(6)
EXIT = struct.pack('<BBhi', 0x95, 0, 0, 0)
LICENSE = ctypes.create_string_buffer(b'GPL')


def log_of(insns):
    log = ctypes.create_string_buffer(1 << 16)
    code = ctypes.create_string_buffer(insns)
    attr = struct.pack('<IIQQIIQII', 1, len(insns) // 8, ctypes.addressof(code), ctypes.addressof(LICENSE), 2, len(log),
                       ctypes.addressof(log), 0, 0).ljust(120, b'\0')
    fd = libc.syscall(321, 5, attr, len(attr))
    if fd >= 0:
        os.close(fd)
    return log.value.decode('latin1')


def insn(code):
    regs = random.choice([0x10, 0x01, 0x21, 0x0a, 0xa1, 0x00, 0x99])
    off = random.choice([0, 0, 1, 8, 16, 32, -1, -8, 4])
    imm = random.choice([0, 1, -1, 16, 32, 64, 0x10, 0x41, 0x51, 0xa1, 0xe1, 0xf1, 0x100, 0x110, 0x7fffffff, -0x80000000, 211])
    if code & 7 in (5, 6):
        off = 0 if code & 0xf0 == 0 else random.choice([0, 1, 2])
        if code == 0x06:
            imm = 0
    slots = struct.pack('<BBhi', code, regs, off, imm)
    if code == 0x18:
        slots = struct.pack('<BBhi', code, regs & 0x0f, off if off in (0,) else 0, imm)
        slots += struct.pack('<BBhi', 0, 0, 0, random.choice([0, 1, -1, 0x1234]))
    return slots


cases = {}
for code in range(256):
    for _ in range(40):
        slots = insn(code)
        jumps = code & 7 in (5, 6) and code & 0xf0 not in (0x80, 0x90)
        log = log_of(slots + EXIT * (1 + (struct.unpack_from('<h', slots, 2)[0] if jumps else 0)))
        found = re.search(r'^\s*0: (?:[0-9.]{10} )?(\(..\) .*?|BUG_.*?)(?:\s+;.*)?$', log, re.M)
        if found:
            cases[slots.hex()] = found[1]
print('[\n' + ',\n'.join(json.dumps([k, v]) for k, v in cases.items()) + '\n]')
