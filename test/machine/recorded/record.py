#!/usr/bin/env python3
"""Asks the running kernel what bpf(2) and bpffs answer to each step of steps.json, and writes answers.json beside it.

As root, with a bpffs on /sys/fs/bpf: test/machine/recorded/record.py
"""
import ctypes, errno, json, os, shutil, stat, struct

libc = ctypes.CDLL(None, use_errno=True)
SYS_bpf = 321
ROOT = '/sys/fs/bpf/recorded_steps'
here = os.path.dirname(os.path.abspath(__file__))


class Fail(Exception):
    pass


def bpf(cmd, attr):
    buf = ctypes.create_string_buffer(bytes(attr), len(attr))
    result = libc.syscall(SYS_bpf, cmd, buf, len(attr))
    if result < 0:
        raise Fail(errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno())))
    return result, buf.raw


def pointer(data):
    buf = ctypes.create_string_buffer(data, max(len(data), 1))
    return buf, ctypes.addressof(buf)


def path_of(step):
    return ROOT + step['path']


def run(step, fds):
    op = step['op']
    fd = fds.get(step.get('fd'), 999)
    if op == 'map_create':
        a = step['attr']
        name = a.get('name', '').encode()
        attr = struct.pack('<IIIIIII16sIIIIIQ', a['type'], a['key'], a['value'], a['max'], a.get('flags', 0),
                           fds.get(a.get('inner'), 0), a.get('numa', 0), name[:16], a.get('ifindex', 0),
                           fds.get(a.get('btf'), 0), a.get('btf_key', 0), a.get('btf_value', 0),
                           a.get('btf_vmlinux', 0), a.get('extra', 0))
        fds[step['as']] = bpf(0, attr)[0]
        return 'ok'
    if op in ('lookup', 'update', 'delete', 'next', 'lookup_delete'):
        info = fdinfo(fd) if fd in fds.values() else {}
        key, at = (None, 0) if step.get('key') is None else pointer(bytes.fromhex(step['key']))
        size = max(int(info.get('value_size', '64')), int(info.get('key_size', '64')))
        size = (size + 7) // 8 * 8 * os.cpu_count()
        out, out_at = pointer(bytes.fromhex(step['value']) if 'value' in step else bytes(size))
        attr = struct.pack('<IIQQQ', fd, 0, at, out_at, step.get('flags', 0))
        if op == 'delete' or op == 'next':
            attr = struct.pack('<IIQQQ', fd, 0, at, out_at if op == 'next' else 0, 0)
        bpf({'lookup': 1, 'update': 2, 'delete': 3, 'next': 4, 'lookup_delete': 21}[op], attr)
        if op == 'next':
            return out.raw[:int(info['key_size'])].hex()
        if op.startswith('lookup'):
            return out.raw[:int(info['value_size'])].hex()
        return 'ok'
    if op == 'freeze':
        bpf(22, struct.pack('<I', fd))
        return 'ok'
    if op == 'prog_load':
        insns = bytes.fromhex(step['insns'])
        code, code_at = pointer(insns)
        license, license_at = pointer(step.get('license', 'GPL').encode() + b'\0')
        attr = struct.pack('<IIQQIIQII16sII', step['type'], len(insns) // 8, code_at, license_at, 0, 0, 0, 0,
                           step.get('flags', 0), step.get('name', '').encode()[:16], 0, step.get('attach', 0))
        fds[step['as']] = bpf(5, attr)[0]
        return 'ok'
    if op == 'btf_load':
        data, at = pointer(bytes.fromhex(step['btf']))
        fds[step['as']] = bpf(18, struct.pack('<QQIIII', at, 0, len(step['btf']) // 2, 0, 0, step.get('flags', 0)))[0]
        return 'ok'
    if op == 'pin':
        path, at = pointer(path_of(step).encode() + b'\0')
        bpf(6, struct.pack('<QII', at, fd, 0))
        return 'ok'
    if op == 'get':
        path, at = pointer(path_of(step).encode() + b'\0')
        fds[step['as']] = bpf(7, struct.pack('<QII', at, 0, step.get('flags', 0)))[0]
        return 'ok'
    if op == 'bind':
        bpf(35, struct.pack('<III', fd, fds.get(step['map'], 999), step.get('flags', 0)))
        return 'ok'
    if op == 'by_id':
        cmd = {'prog': 13, 'map': 14, 'btf': 19}[step['kind']]
        fds[step['as']] = bpf(cmd, struct.pack('<III', step['id'], 0, step.get('flags', 0)))[0]
        return 'ok'
    if op == 'reopen':
        info = fdinfo(fd)
        cmd, name = {'prog': (13, 'prog_id'), 'map': (14, 'map_id'), 'btf': (19, 'btf_id')}[step['kind']]
        fds[step['as']] = bpf(cmd, struct.pack('<III', int(info[name]), 0, step.get('flags', 0)))[0]
        return 'ok'
    if op == 'next_id':
        cmd = {'prog': 11, 'map': 12, 'btf': 23, 'link': 31}[step['kind']]
        bpf(cmd, struct.pack('<III', step['id'], 0, 0))
        return 'ok'
    if op == 'fdinfo':
        own = ('pos', 'flags', 'mnt_id', 'ino')
        ids = ('map_id', 'prog_id', 'btf_id', 'memlock', 'prog_jited', 'owner_jited')
        return {k: ('?' if k in ids else v) for k, v in fdinfo(fd).items() if k not in own}
    if op == 'close':
        os.close(fds.pop(step['fd']))
        return 'ok'
    try:
        if op == 'mkdir':
            os.mkdir(path_of(step), 0o777)
        elif op == 'rmdir':
            os.rmdir(path_of(step))
        elif op == 'unlink':
            os.unlink(path_of(step))
        elif op == 'readdir':
            return sorted(os.listdir(path_of(step)))
        elif op == 'stat':
            mode = os.stat(path_of(step)).st_mode
            return 'directory' if stat.S_ISDIR(mode) else oct(mode)
        elif op == 'read':
            open(path_of(step), 'rb').read()
        else:
            raise SystemExit('unknown step ' + op)
    except OSError as error:
        raise Fail(errno.errorcode[error.errno])
    return 'ok'


def fdinfo(fd):
    if not os.path.exists(f'/proc/self/fdinfo/{fd}'):
        raise Fail('EBADF')
    with open(f'/proc/self/fdinfo/{fd}') as lines:
        return dict(line.rstrip('\n').split(':\t', 1) for line in lines if ':\t' in line)


def main():
    os.umask(0o022)
    cases = json.load(open(here + '/steps.json'))
    answers = {}
    for name, steps in cases.items():
        shutil.rmtree(ROOT, ignore_errors=True)
        os.mkdir(ROOT)
        fds = {}
        answers[name] = []
        for step in steps:
            try:
                answers[name].append(run(step, fds))
            except Fail as failure:
                answers[name].append(str(failure))
        for fd in fds.values():
            os.close(fd)
    shutil.rmtree(ROOT, ignore_errors=True)
    with open(here + '/answers.json', 'w') as out:
        json.dump(answers, out, indent=1)
        out.write('\n')


main()
