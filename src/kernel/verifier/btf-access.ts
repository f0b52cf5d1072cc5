import type { VerifierEnv } from './env.ts'
import { notYet } from './env.ts'

/** Loads and stores through pointers to the kernel's structs and to objects of the program (btf_struct_access). */

/** check_ptr_to_btf_access. */
export function checkPtrToBtfAccess(
  _env: VerifierEnv,
  _regno: number,
  _off: number,
  _size: number,
  _access: number,
  _valueRegno: number,
): void {
  notYet('check_ptr_to_btf_access')
}

/** check_ptr_to_map_access: the fields of a struct bpf_map. */
export function checkPtrToMapAccess(
  _env: VerifierEnv,
  _regno: number,
  _off: number,
  _size: number,
  _access: number,
  _valueRegno: number,
): void {
  notYet('check_ptr_to_map_access')
}
