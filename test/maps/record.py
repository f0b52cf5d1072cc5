#!/usr/bin/env python3
"""Asks the running kernel what it answers to the steps in steps/NAME.txt, and writes recorded/NAME.txt: each step with
its answer behind ` => `. See README.md for the steps.

As root on Linux 6.18 with a CPU 0 and a CPU 1: test/maps/record.py [NAME ...]
"""
import ctypes, errno, os, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
SYS_bpf = 321
here = os.path.dirname(os.path.abspath(__file__))
PER_CPU_TYPES = (5, 6, 10, 21)
BPF_OBJ_GET_INFO_BY_FD = 15


class Fail(Exception):
    pass


def bpf(cmd, attr):
    """The system call. Returns its result and the attributes as the kernel left them; raises Fail with both."""
    buf = ctypes.create_string_buffer(bytes(attr), len(attr))
    result = libc.syscall(SYS_bpf, cmd, buf, len(attr))
    if result < 0:
        number = ctypes.get_errno()
        raise Fail(errno.errorcode.get(number, str(number)).replace('EOPNOTSUPP', 'ENOTSUP'), buf.raw)
    return result, buf.raw


def pointer(data, size=0):
    buf = ctypes.create_string_buffer(data, max(len(data), size, 1))
    return buf, ctypes.addressof(buf)


def possible_cpus():
    with open('/sys/devices/system/cpu/possible') as f:
        return int(f.read().strip().split('-')[-1]) + 1


class Map:
    def __init__(self, fd, attr):
        self.fd = fd
        self.type = attr.get('type', 0)
        self.key_size = attr.get('key', 0)
        self.value_size = attr.get('value', 0)
        if self.type in PER_CPU_TYPES:
            self.value_size = (self.value_size + 7) // 8 * 8 * possible_cpus()


def number(text):
    return int(text, 0)


def hexes(text):
    return b'' if text == '-' else bytes.fromhex(text)


class Case:
    def __init__(self):
        self.objects = {}  # name: Map or descriptor

    def fd(self, name):
        """A descriptor by the name of what it is; a number is itself."""
        known = self.objects.get(name)
        if isinstance(known, Map):
            return known.fd
        return known if known is not None else int(name) if name.lstrip('-').isdigit() else 999

    def map(self, name):
        known = self.objects.get(name)
        return known if isinstance(known, Map) else Map(self.fd(name), {'key': 4, 'value': 64})

    def value(self, map, text):
        """`@name` is the number of a descriptor, 32 bits; anything else is bytes."""
        if text.startswith('@'):
            return struct.pack('<i', self.fd(text[1:]))
        return hexes(text)

    def run(self, line):
        words = line.split()
        options = dict(word.split('=', 1) for word in words if '=' in word)
        op, *args = [word for word in words if '=' not in word]
        return getattr(self, 'op_' + op)(options, *args)

    # Maps: create NAME type= key= value= max= [flags= inner= numa= ifindex= extra= name= btf= btf_key= btf_value=]

    def op_create(self, o, name):
        text = o.get('name', '').encode()
        a = {k: number(v) for k, v in o.items() if k not in ('inner', 'name', 'btf')}
        attr = struct.pack('<IIIIIII16sIIIIIIQ', a['type'], a['key'], a['value'], a['max'], a.get('flags', 0),
                           self.fd(o['inner']) if 'inner' in o else 0, a.get('numa', 0), text[:16], a.get('ifindex', 0),
                           self.fd(o['btf']) if 'btf' in o else 0, a.get('btf_key', 0), a.get('btf_value', 0), 0, 0,
                           a.get('extra', 0))
        self.objects[name] = Map(bpf(0, attr)[0], a)
        return 'ok'

    def op_btf(self, o, name, file):
        with open(f'{here}/btf/{file}.hex') as text:
            data = bytes.fromhex(text.read())
        d, at = pointer(data)
        self.objects[name] = bpf(18, struct.pack('<QQIIII', at, 0, len(data), 0, 0, 0))[0]
        return 'ok'

    def op_lookup(self, o, name, key):
        return self.read(1, o, name, key)

    def op_lookup_delete(self, o, name, key):
        return self.read(21, o, name, key)

    def read(self, cmd, o, name, key):
        map = self.map(name)
        k, at = pointer(hexes(key))
        out, out_at = pointer(self.value(map, o.get('given', '-')), map.value_size)
        bpf(cmd, struct.pack('<IIQQQ', map.fd, 0, 0 if key == '-' else at, out_at, number(o.get('flags', '0'))))
        return out.raw[:map.value_size].hex()

    def op_update(self, o, name, key, value):
        map = self.map(name)
        k, at = pointer(hexes(key))
        v, v_at = pointer(self.value(map, value), map.value_size)
        bpf(2, struct.pack('<IIQQQ', map.fd, 0, 0 if key == '-' else at, v_at, number(o.get('flags', '0'))))
        return 'ok'

    def op_delete(self, o, name, key):
        k, at = pointer(hexes(key))
        bpf(3, struct.pack('<IIQ', self.fd(name), 0, 0 if key == '-' else at))
        return 'ok'

    def op_next(self, o, name, key):
        map = self.map(name)
        k, at = pointer(hexes(key))
        out, out_at = pointer(b'', map.key_size)
        bpf(4, struct.pack('<IIQQ', map.fd, 0, 0 if key == '-' else at, out_at))
        return out.raw[:map.key_size].hex()

    def op_keys(self, o, name):
        """All keys in the map's own order."""
        keys = []
        key = '-'
        while True:
            try:
                key = self.op_next(o, name, key)
            except Fail as fail:
                if fail.args[0] == 'ENOENT':
                    return ' '.join(keys) or 'none'
                raise
            keys.append(key)

    def op_freeze(self, o, name):
        bpf(22, struct.pack('<I', self.fd(name)))
        return 'ok'

    # Many elements at once: count= [in= elem_flags= flags=]; keys and values are given side by side.

    def op_lookup_batch(self, o, name):
        return self.read_batch(24, o, name)

    def op_lookup_delete_batch(self, o, name):
        return self.read_batch(25, o, name)

    def read_batch(self, cmd, o, name):
        map = self.map(name)
        count = number(o['count'])
        keys, keys_at = pointer(b'', map.key_size * count)
        values, values_at = pointer(b'', map.value_size * count)
        start, start_at = pointer(hexes(o.get('in', '-')), max(map.key_size, 4))
        out, out_at = pointer(b'\0', max(map.key_size, 4))
        attr = struct.pack('<QQQQIIQQ', start_at if 'in' in o else 0, out_at, keys_at, values_at, count, map.fd,
                           number(o.get('elem_flags', '0')), number(o.get('flags', '0')))
        result = 'ok'
        try:
            left = bpf(cmd, attr)[1]
        except Fail as fail:
            result, left = fail.args
        done = struct.unpack_from('<I', left, 32)[0]
        if result not in ('ok', 'ENOENT'):
            return f'{result} count={done}'
        n = 4 if map.type in (1, 5, 9, 10, 13) else map.key_size
        parts = [result, f'count={done}', 'keys=' + keys.raw[:done * map.key_size].hex(),
                 'values=' + values.raw[:done * map.value_size].hex(), 'out=' + out.raw[:n].hex()]
        return ' '.join(parts)

    def op_update_batch(self, o, name, keys, values):
        return self.write_batch(26, o, name, keys, values)

    def op_delete_batch(self, o, name, keys):
        return self.write_batch(27, o, name, keys, '-')

    def write_batch(self, cmd, o, name, keys, values):
        map = self.map(name)
        k, keys_at = pointer(hexes(keys))
        v, values_at = pointer(hexes(values))
        attr = struct.pack('<QQQQIIQQ', 0, 0, keys_at, values_at, number(o['count']), map.fd,
                           number(o.get('elem_flags', '0')), number(o.get('flags', '0')))
        try:
            left = bpf(cmd, attr)[1]
            result = 'ok'
        except Fail as fail:
            result, left = fail.args
        return f'{result} count={struct.unpack_from("<I", left, 32)[0]}'

    # Many steps in one.

    def op_fill(self, o, name, start, end):
        """Updates of keys from start to end - 1 (32 bits) with values that begin with the key."""
        letters = []
        for key in range(number(start), number(end)):
            letters.append(self.letter(lambda: self.op_update(o, name, struct.pack('<I', key).hex(), self.first(name, key))))
        return runs(letters)

    def op_mix(self, o, name, seed, count, keys):
        """Random updates, look-ups and deletes of keys below `keys`, by bpf(2) and by programs: a letter for each answer."""
        state = number(seed)
        letters = []
        for _ in range(number(count)):
            state = (state * 1103515245 + 12345) & 0x7fffffff
            what = (state >> 16) % 16
            state = (state * 1103515245 + 12345) & 0x7fffffff
            key = (state >> 16) % number(keys)
            k = struct.pack('<I', key).hex()
            if what < 7:
                step = lambda: self.op_update({'flags': str(what % 4 if what < 2 else 0)}, name, k, self.first(name, key))
            elif what < 11:
                step = lambda: 'ok' if self.op_prog_lookup({}, name, k) != 'null' else 'ENOENT'
            elif what < 12:
                step = lambda: self.op_prog_update({}, name, k, self.first(name, key, True))
            elif what < 14:
                step = lambda: self.op_lookup({}, name, k) and 'ok'
            else:
                step = lambda: self.op_delete({}, name, k)
            letters.append(self.letter(step))
        return ''.join(letters)

    def first(self, name, key, one=False):
        size = self.map(name).value_size
        return struct.pack('<I', key).ljust(8 if one else size, b'\0').hex()

    def letter(self, step):
        try:
            answer = step()
        except Fail as fail:
            answer = fail.args[0]
        return {'ok': '.', 'ENOENT': 'n', 'EEXIST': 'x', 'E2BIG': 'b'}.get(answer, answer)

    # What programs do: a socket filter with one call of a helper, run once on CPU 0.

    def op_prog_lookup(self, o, name, key):
        """null, or the first bytes of the value; with set= the program writes a byte there afterwards."""
        map = self.map(name)
        size = min(number(o.get('bytes', '4')), 4)
        after = insn(0x61 if size == 4 else 0x71, 6, 0, 0, 0)
        if 'set' in o:
            after += insn(0x72, 0, 0, 0, number(o['set']))
        code = self.call(map, 1, hexes(key), None, 0)
        code += insn(0x55, 0, 0, 2, 0) + insn(0xb7, 0, 0, 0, -1) + insn(0x95)
        code += after + insn(0xbf, 0, 6) + insn(0x95)
        result = self.run_program(code)
        return 'null' if result == 0xffffffff else f'{result:08x}'

    def op_prog_update(self, o, name, key, value):
        map = self.map(name)
        return self.prog_call(map, 2, hexes(key), hexes(value), number(o.get('flags', '0')))

    def op_prog_delete(self, o, name, key):
        return self.prog_call(self.map(name), 3, hexes(key), None, 0)

    def op_prog_push(self, o, name, value):
        return self.prog_call(self.map(name), 87, hexes(value), None, number(o.get('flags', '0')))

    def prog_call(self, map, helper, first, second, flags):
        result = self.run_program(self.call(map, helper, first, second, flags) + insn(0x95))
        if result == 0:
            return 'ok'
        failed = (0x100000000 - result) & 0xffffffff
        return errno.errorcode.get(failed, str(failed)).replace('EOPNOTSUPP', 'ENOTSUP')

    def call(self, map, helper, first, second, flags):
        """Puts the bytes on the stack and calls the helper: r1 is the map, r2 and r3 point to the bytes, r4 is flags."""
        code = b''
        at = 0
        offsets = []
        for data in (first, second):
            if data is None:
                continue
            at -= (len(data) + 7) // 8 * 8
            for i in range(0, (len(data) + 7) // 8 * 8, 4):
                code += insn(0x62, 10, 0, at + i, struct.unpack('<i', data[i:i + 4].ljust(4, b'\0'))[0])
            offsets.append(at)
        code += insn(0x18, 1, 1, 0, map.fd) + insn()
        for register, offset in enumerate(offsets, 2):
            code += insn(0xbf, register, 10) + insn(0x07, register, 0, 0, offset)
        code += insn(0xb7, 2 + len(offsets), 0, 0, flags)
        return code + insn(0x85, 0, 0, 0, helper)

    def run_program(self, code):
        fd = load(1, code)
        try:
            data, at = pointer(bytes(64))
            attr = struct.pack('<IIIIQQII', fd, 0, 64, 0, at, 0, 1, 0)
            return struct.unpack_from('<I', bpf(10, attr)[1], 4)[0]
        finally:
            os.close(fd)

    # prog NAME type= [attach= flags= returns= maps=NAME,NAME tail=NAME index=]: tail calls a program array's entry first.

    def op_prog(self, o, name):
        code = insn(0xbf, 6, 1)
        for used in o.get('maps', '').split(','):
            if used:
                code += insn(0x18, 1, 1, 0, self.fd(used)) + insn()
        if 'tail' in o:
            code += insn(0xbf, 1, 6) + insn(0x18, 2, 1, 0, self.fd(o['tail'])) + insn()
            code += insn(0xb7, 3, 0, 0, number(o.get('index', '0'))) + insn(0x85, 0, 0, 0, 12)
        code += insn(0xb7, 0, 0, 0, number(o.get('returns', '0'))) + insn(0x95)
        self.objects[name] = load(number(o['type']), code, number(o.get('attach', '0')), number(o.get('flags', '0')))
        return 'ok'

    def op_run(self, o, name):
        data, at = pointer(bytes(64))
        attr = struct.pack('<IIIIQQII', self.fd(name), 0, 64, 0, at, 0, 1, 0)
        return str(struct.unpack_from('<I', bpf(10, attr)[1], 4)[0])

    def op_close(self, o, name):
        os.close(self.fd(name))
        del self.objects[name]
        return 'ok'

    def op_same(self, o, name, key, other):
        """Whether the element's value is the id of the object."""
        read = struct.unpack('<I', bytes.fromhex(self.op_lookup({}, name, key))[:4])[0]
        out, at = pointer(bytes(256))
        bpf(BPF_OBJ_GET_INFO_BY_FD, struct.pack('<IIQ', self.fd(other), 256, at))
        return 'yes' if read == struct.unpack_from('<I', out.raw, 4)[0] else 'no'

    def op_info(self, o, name, *fields):
        """Lines of the descriptor's fdinfo."""
        with open(f'/proc/self/fdinfo/{self.fd(name)}') as lines:
            have = dict(line.rstrip('\n').split(':\t', 1) for line in lines if ':\t' in line)
        return ' '.join(f'{field}={have.get(field)}' for field in fields)

    def end(self):
        for name in list(self.objects):
            os.close(self.fd(name))


def runs(letters):
    """`.*3 b*2` for `...bb`."""
    out = []
    for letter in letters:
        if out and out[-1][0] == letter:
            out[-1][1] += 1
        else:
            out.append([letter, 1])
    return ' '.join(f'{letter}*{times}' for letter, times in out)


def insn(code=0, dst=0, src=0, off=0, imm=0):
    return struct.pack('<BBhi', code, dst | src << 4, off, imm)


def load(type, code, attach=0, flags=0):
    c, code_at = pointer(code)
    license, license_at = pointer(b'GPL\0')
    log, log_at = pointer(b'', 65536)
    attr = struct.pack('<IIQQIIQII16sII', type, len(code) // 8, code_at, license_at, 1, 65536, log_at, 0, flags, b'', 0,
                       attach)
    try:
        return bpf(5, attr)[0]
    except Fail as fail:
        if os.environ.get('VERBOSE'):
            print(log.value.decode(), file=sys.stderr)
        raise fail


def main():
    os.sched_setaffinity(0, {0})
    names = sys.argv[1:] or sorted(name[:-4] for name in os.listdir(here + '/steps'))
    for name in names:
        out = []
        case = Case()
        with open(f'{here}/steps/{name}.txt') as steps:
            for line in steps.read().splitlines():
                if line == '' or line.startswith('#'):
                    if line.startswith('##'):
                        case.end()
                        case = Case()
                    out.append(line)
                    continue
                try:
                    answer = case.run(line)
                except Fail as fail:
                    answer = fail.args[0]
                out.append(f'{line} => {answer}')
        case.end()
        with open(f'{here}/recorded/{name}.txt', 'w') as recorded:
            recorded.write('\n'.join(out) + '\n')


main()
