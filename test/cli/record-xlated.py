#!/usr/bin/env python3
"""Records how a real bpftool dumps loaded programs: sudo test/cli/record-xlated.py BPFTOOL OBJECT... > OUT.json

Each object is loaded below /sys/fs/bpf/record-xlated, and of each program is kept what the kernel tells of it (instructions,
BTF, function and line records, names of the addresses that it calls) and what `prog dump xlated` prints, in all its forms.
"""
import base64, ctypes, json, os, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
DIR = '/sys/fs/bpf/record-xlated'
bpftool = sys.argv[1]


def bpf(cmd, attr):
    buf = ctypes.create_string_buffer(attr.ljust(120, b'\0'))
    ret = libc.syscall(321, cmd, buf, 120)
    if ret < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return ret


def info_by_fd(fd, info):
    buf = ctypes.create_string_buffer(info, len(info))
    bpf(15, struct.pack('<IIQ', fd, len(info), ctypes.addressof(buf)))
    return buf.raw


def prog_info(fd):
    # Offsets in struct bpf_prog_info.
    size = 232
    first = info_by_fd(fd, bytes(size))
    u32 = lambda raw, at: struct.unpack_from('<I', raw, at)[0]
    want = bytearray(size)
    bufs = {}

    def ask(len_at, ptr_at, count, each):
        bufs[ptr_at] = ctypes.create_string_buffer(max(1, count * each))
        struct.pack_into('<I', want, len_at, count)
        struct.pack_into('<Q', want, ptr_at, ctypes.addressof(bufs[ptr_at]))

    ask(20, 32, u32(first, 20), 1)  # xlated
    ask(104, 112, u32(first, 104), 8)  # jited ksyms
    struct.pack_into('<I', want, 132, 8)
    ask(144, 136, u32(first, 144), 8)  # func info
    struct.pack_into('<I', want, 172, 16)
    ask(148, 152, u32(first, 148), 16)  # line info
    raw = info_by_fd(fd, bytes(want))
    return {
        'xlated': bufs[32].raw[: u32(raw, 20)],
        'ksyms': struct.unpack(f'<{u32(raw, 104)}Q', bufs[112].raw[: 8 * u32(raw, 104)]),
        'btf_id': u32(raw, 128),
        'func_info': bufs[136].raw[: 8 * u32(raw, 144)],
        'line_info': bufs[152].raw[: 16 * u32(raw, 148)],
    }


def btf_bytes(id):
    if not id:
        return b''
    fd = bpf(19, struct.pack('<I', id))
    size = struct.unpack_from('<I', info_by_fd(fd, bytes(40)), 8)[0]
    buf = ctypes.create_string_buffer(size)
    info_by_fd(fd, struct.pack('<QI', ctypes.addressof(buf), size).ljust(40, b'\0'))
    os.close(fd)
    return buf.raw


def run(*args):
    done = subprocess.run([bpftool, *args], capture_output=True)
    return done.stdout.decode('latin1')


FORMS = [[], ['opcodes'], ['linum'], ['visual'], ['visual', 'opcodes', 'linum'], ['opcodes', 'linum']]
out = []
for obj in sys.argv[2:]:
    subprocess.run(['rm', '-rf', DIR])
    subprocess.run([bpftool, 'prog', 'loadall', obj, DIR], capture_output=True)
    for name in sorted(os.listdir(DIR)) if os.path.isdir(DIR) else []:
        path = f'{DIR}/{name}'
        cpath = ctypes.create_string_buffer(path.encode())
        fd = bpf(7, struct.pack('<QII', ctypes.addressof(cpath), 0, 0))
        info = prog_info(fd)
        os.close(fd)
        b64 = lambda data: base64.b64encode(data).decode()
        base = None
        syms = {}
        with open('/proc/kallsyms') as f:
            for line in f:
                addr, _, sym = line.split()[:3]
                if sym == '__bpf_call_base':
                    base = int(addr, 16)
                syms.setdefault(int(addr, 16), sym)
        named = {base: '__bpf_call_base'}
        for at in range(0, len(info['xlated']), 8):
            code, regs, _, imm = struct.unpack_from('<BBhi', info['xlated'], at)
            if code == 0x85 and base + imm in syms:
                named[base + imm] = syms[base + imm]
        for k in info['ksyms']:
            if k in syms:
                named[k] = syms[k]
        out.append({
            'object': os.path.basename(obj), 'prog': name,
            'xlated': b64(info['xlated']), 'btf': b64(btf_bytes(info['btf_id'])),
            'funcInfo': b64(info['func_info']), 'lineInfo': b64(info['line_info']),
            'ksyms': [hex(k) for k in info['ksyms']],
            'kallsyms': ''.join(f'{a:016x} t {s}\n' for a, s in sorted(named.items())),
            'dumps': [{'json': j, 'words': w, 'stdout': run(*(['-p'] if j else []), 'prog', 'dump', 'xlated', 'pinned', path, *w)}
                      for w in FORMS for j in ([False] if 'visual' in w else [False, True])],
        })
    subprocess.run(['rm', '-rf', DIR])
print('[\n' + ',\n'.join(json.dumps(each) for each in out) + '\n]')
