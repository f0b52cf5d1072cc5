import { INSN_SIZE, Insns } from '../../isa/insn.ts'
import { Alu, Class, Jmp, Source } from '../../isa/opcode.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { probeHelpers, probeMapTypes, probeProgTypes } from './feature-kernel.ts'
import type { Probes } from '../../libbpf/probes.ts'
import type { Report } from './feature-report.ts'

/** What a device can take instead of the CPU: two program types and two map types at most. */
const progTypes = [ProgType.SCHED_CLS, ProgType.XDP]
const mapTypes = [MapType.HASH, MapType.ARRAY]

/** The sections of `feature probe dev NAME` that are the device's own. */
export function probeDeviceTypes(probes: Probes, report: Report, ifindex: number, full: boolean): void {
  const insns = new Insns(new Uint8Array(2 * INSN_SIZE))
  insns.set(0, Class.ALU64 | Alu.MOV | Source.K, 0, 0, 0, 2)
  insns.set(1, Class.JMP | Jmp.EXIT, 0, 0, 0, 0)
  const supported = probeProgTypes(
    report,
    (progType) => probes.loads({ progType, insns: insns.bytes, license: 'GPL', progIfindex: ifindex }),
    progTypes,
  )
  probeMapTypes(
    report,
    (mapType) => probes.creates({ mapType, keySize: 4, valueSize: 4, maxEntries: 1, mapIfindex: ifindex }),
    mapTypes,
  )
  const has = (type: number, helper: number) => probes.helper(type, helper, ifindex)
  probeHelpers(report, { has, supported, full }, progTypes)
}
