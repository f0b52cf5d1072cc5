import { X509Certificate, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { derValues, subjectKeyId } from '../../asn1/der.ts'
import type { DerValue } from '../../asn1/der.ts'
import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'

const Tag = { OCTETS: 0x04, SEQUENCE: 0x30, SET: 0x31, CONTEXT_0: 0xa0, KEY_ID: 0x80 } as const

/** The content of the nth value of a kind. */
function part(values: readonly DerValue[] | undefined, tag: number, n = 0): Uint8Array {
  const found = values?.filter((value) => value.tag === tag)[n]
  if (!found) throw new KernelError(Errno.EBADMSG)
  return found.content
}

/** The only signer of a SignedData without attributes, which names its key by id: its id and its signature. */
function signerOf(message: Uint8Array): { keyId: Uint8Array; signature: Uint8Array } {
  const contentInfo = derValues(part(derValues(message), Tag.SEQUENCE))
  const signedData = derValues(part(derValues(part(contentInfo, Tag.CONTEXT_0)), Tag.SEQUENCE))
  // The first set is that of the digests' algorithms.
  const signer = derValues(part(derValues(part(signedData, Tag.SET, 1)), Tag.SEQUENCE))
  return { keyId: part(signer, Tag.KEY_ID), signature: part(signer, Tag.OCTETS) }
}

/**
 * verify_pkcs7_signature of a program's instructions.
 *
 * @param keyring certificates (DER) of the keyring that is trusted.
 * @throws KernelError EBADMSG, ENOKEY where the keyring has not the signer's key, EKEYREJECTED where it's not its signature.
 */
export function verifySignature(insns: Uint8Array, message: Uint8Array, keyring: readonly Uint8Array[]): void {
  const { keyId, signature } = signerOf(message)
  const own = keyring.find((certificate) => Buffer.compare(subjectKeyId(certificate) ?? Buffer.alloc(0), keyId) === 0)
  if (own === undefined) throw new KernelError(Errno.ENOKEY)
  const key: KeyObject = new X509Certificate(own).publicKey
  if (!verify('sha256', insns, key, signature)) throw new KernelError(Errno.EKEYREJECTED)
}
