import { X509Certificate, createHash, createPrivateKey, sign } from 'node:crypto'
import { Errno, strerror } from '../../uapi/errno.ts'
import { KernelError } from '../../kernel/error.ts'
import { CommandError } from '../command.ts'
import { constructed, der, integer, objectId, octets, subjectKeyId } from '../../asn1/der.ts'
import type { KeyObject } from 'node:crypto'
import type { Command } from '../command.ts'

/** A loader's signature, the hash that makes its map its own, and the certificate (DER) that verifies it. */
export interface ProgSignature {
  signature: Uint8Array
  certificate: Uint8Array
  exclProgHash: Uint8Array
}

/** What OpenSSL says, with bpftool's word before it. */
function opensslError(cmd: Command, code: string, text: string): void {
  cmd.error(`OpenSSL error:${code}:${text}`)
}

class NotSigned extends Error {}

/** BIO_new_file, as far as its errors are seen. */
function readFile(cmd: Command, path: string): Uint8Array | 'directory' | undefined {
  try {
    return cmd.readHostFile(path)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    const { errno } = error
    // A directory can be opened, and not be read.
    if (errno === Errno.EISDIR) return 'directory'
    const code = (0x80000000 + errno).toString(16).toUpperCase().padStart(8, '0')
    opensslError(
      cmd,
      code,
      `system library::${strerror(errno)}: ../crypto/bio/bss_file.c:67: calling fopen(${path}, rb)`,
    )
    if (errno === Errno.ENOENT) opensslError(cmd, '10000080', 'BIO routines::no such file: ../crypto/bio/bss_file.c:75')
    else opensslError(cmd, '10080002', 'BIO routines::system lib: ../crypto/bio/bss_file.c:77')
    return undefined
  }
}

/** read_private_key. */
function readPrivateKey(cmd: Command, path: string): KeyObject {
  const bytes = readFile(cmd, path)
  try {
    return createPrivateKey(Buffer.from(typeof bytes === 'object' ? bytes : []))
  } catch {
    const where = '../crypto/encode_decode/decoder_lib.c:104'
    opensslError(
      cmd,
      '1E08010C',
      `DECODER routines::unsupported: ${where}: No supported data to decode. Input type: PEM`,
    )
    throw new NotSigned()
  }
}

/** read_x509: DER by its first bytes, else PEM. */
function readCertificate(cmd: Command, path: string): X509Certificate {
  const bytes = readFile(cmd, path)
  if (bytes === 'directory') {
    const call = '../crypto/bio/bss_file.c:149: calling fread()'
    opensslError(cmd, '80000015', `system library::Is a directory: ${call}`)
    opensslError(cmd, '10080002', 'BIO routines::system lib: ../crypto/bio/bss_file.c:151')
    throw new NotSigned()
  }
  if (bytes === undefined || bytes.length < 2) throw new NotSigned()
  try {
    return new X509Certificate(bytes)
  } catch {
    opensslError(cmd, '0480006C', 'PEM routines::no start line: ../crypto/pem/pem_lib.c:794: Expecting: CERTIFICATE')
    throw new NotSigned()
  }
}

/** X509_check_private_key. */
function checkPair(cmd: Command, certificate: X509Certificate, key: KeyObject): void {
  if (certificate.checkPrivateKey(key)) return
  if (certificate.publicKey.asymmetricKeyType !== key.asymmetricKeyType) {
    const where = '../crypto/evp/keymgmt_lib.c:388'
    opensslError(cmd, '03000065', `digital envelope routines::different key types: ${where}`)
    opensslError(cmd, '05800073', 'x509 certificate routines::key type mismatch: ../crypto/x509/x509_cmp.c:416')
  } else {
    opensslError(cmd, '05800074', 'x509 certificate routines::key values mismatch: ../crypto/x509/x509_cmp.c:413')
  }
  opensslError(cmd, '17000088', 'CMS routines::private key does not match certificate: ../crypto/cms/cms_sd.c:355')
  throw new NotSigned()
}

const SHA256 = constructed(0x30, objectId('2.16.840.1.101.3.4.2.1'))
const signatureAlgorithms: Readonly<Record<string, Uint8Array>> = {
  rsa: constructed(0x30, objectId('1.2.840.113549.1.1.1'), der(0x05)),
  ec: constructed(0x30, objectId('1.2.840.10045.4.3.2')),
}

/** CMS_sign without certificates and attributes: SignedData of content that isn't in it, the signer by its key's id. */
function signedData(certificate: X509Certificate, key: KeyObject, content: Uint8Array): Uint8Array {
  const algorithm = signatureAlgorithms[key.asymmetricKeyType ?? '']
  const keyId = subjectKeyId(certificate.raw)
  if (algorithm === undefined || keyId === undefined) throw new NotSigned()
  const signer = constructed(
    0x30,
    integer(3),
    der(0x80, keyId),
    SHA256,
    algorithm,
    octets(sign('sha256', content, key)),
  )
  const data = constructed(
    0x30,
    integer(3),
    constructed(0x31, SHA256),
    constructed(0x30, objectId('1.2.840.113549.1.7.1')),
    constructed(0x31, signer),
  )
  return constructed(0x30, objectId('1.2.840.113549.1.7.2'), constructed(0xa0, data))
}

/** bpftool_prog_sign. @throws CommandError after OpenSSL's words. */
export function signProgram(cmd: Command, insns: Uint8Array): ProgSignature {
  const { privateKeyPath = '', certPath = '' } = cmd.options
  try {
    const key = readPrivateKey(cmd, privateKeyPath)
    const certificate = readCertificate(cmd, certPath)
    checkPair(cmd, certificate, key)
    return {
      signature: signedData(certificate, key, insns),
      certificate: certificate.raw,
      exclProgHash: createHash('sha256').update(insns).digest(),
    }
  } catch (error) {
    if (error instanceof NotSigned) throw new CommandError('failed to sign program', -Errno.EINVAL)
    throw error
  }
}
