import { AttachType } from '../../uapi/attach-type.ts'
import { CommandError } from '../command.ts'
import { LibbpfError } from '../../libbpf/error.ts'
import { MapFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { generateLoader } from '../../libbpf/gen-loader/generate.ts'
import { initialValue, mmapIdent, mmapSize } from './gen-names.ts'
import { namedMaps } from './gen-tables.ts'
import { signProgram } from './prog-sign.ts'
import { sizeAsserts } from './gen-sections.ts'
import type { BpfMap, BpfObject, BpfProgram } from '../../libbpf/model.ts'
import type { Command } from '../command.ts'
import type { ProgSignature } from './prog-sign.ts'
import type { CText } from './gen-text.ts'
import type { GeneratedLoader } from '../../libbpf/gen-loader/loader.ts'

/** gen_trace: the functions of a skeleton that is loaded by a program of its own. */
export function lightSkeleton(cmd: Command, obj: BpfObject, name: string, guard: string, text: CText): void {
  const loader = generate(cmd, obj)
  text.put('};\n')
  attachDetach(obj, name, text)
  destroy(obj, name, text)
  open(obj, name, text)
  load(cmd, obj, loader, name, text)
  sizeAsserts(obj, name, text)
  text.put(`
#endif /* ${guard} */
`)
}

function generate(cmd: Command, obj: BpfObject): GeneratedLoader {
  try {
    return generateLoader(obj, cmd.system(), cmd.options.signProgs)
  } catch (error) {
    if (!(error instanceof LibbpfError)) throw error
    throw new CommandError('failed to load object file', -error.errno)
  }
}

/** How a program of this type attaches without libbpf. */
function attachment({ type, expectedAttachType, sectionName }: BpfProgram): string {
  if (type === ProgType.RAW_TRACEPOINT) {
    return `skel_raw_tracepoint_open("${sectionName.slice(sectionName.indexOf('/') + 1)}", prog_fd);`
  }
  if (type !== ProgType.TRACING && type !== ProgType.LSM) return '((void)prog_fd, 0); /* auto-attach not supported */'
  return expectedAttachType === AttachType.TRACE_ITER
    ? 'skel_link_create(prog_fd, 0, BPF_TRACE_ITER);'
    : 'skel_raw_tracepoint_open(NULL, prog_fd);'
}

/** codegen_attach_detach. */
function attachDetach(obj: BpfObject, name: string, text: CText): void {
  const progs = [...obj.entryPrograms()]
  for (const prog of progs) {
    text.put(`
static inline int
${name}__${prog.name}__attach(struct ${name} *skel)
{
	int prog_fd = skel->progs.${prog.name}.prog_fd;
	int fd = ${attachment(prog)}

	if (fd > 0)
		skel->links.${prog.name}_fd = fd;
	return fd;
}
`)
  }
  text.put(`
static inline int
${name}__attach(struct ${name} *skel)
{
	int ret = 0;

`)
  for (const prog of progs) text.put(`\tret = ret < 0 ? ret : ${name}__${prog.name}__attach(skel);\n`)
  text.put(`	return ret < 0 ? ret : 0;
}

static inline void
${name}__detach(struct ${name} *skel)
{
`)
  for (const prog of progs) text.put(`\tskel_closenz(skel->links.${prog.name}_fd);\n`)
  text.put('}\n')
}

/** codegen_destroy. */
function destroy(obj: BpfObject, name: string, text: CText): void {
  text.put(`static void
${name}__destroy(struct ${name} *skel)
{
	if (!skel)
		return;
	${name}__detach(skel);
`)
  for (const prog of obj.entryPrograms()) text.put(`\tskel_closenz(skel->progs.${prog.name}.prog_fd);\n`)
  for (const { map, ident } of namedMaps(obj)) {
    if (map.isInternal && map.def.mapFlags & MapFlag.MMAPABLE) {
      text.put(`\tskel_free_map_data(skel->${ident}, skel->maps.${ident}.initial_value, ${mmapSize(map)});\n`)
    }
    text.put(`\tskel_closenz(skel->maps.${ident}.map_fd);\n`)
  }
  text.put(`	skel_free(skel);
}
`)
}

/** The maps that user space may change before the program is loaded; once an arena is there, it always is one. */
function* mappedMaps(obj: BpfObject): Generator<{ map: BpfMap; ident: string }> {
  for (const map of obj.maps) {
    const ident = map.def.type === MapType.ARENA ? 'arena' : mmapIdent(obj, map)
    if (ident !== undefined) yield { map, ident }
  }
}

function open(obj: BpfObject, name: string, text: CText): void {
  text.put(`static inline struct ${name} *
${name}__open(void)
{
	struct ${name} *skel;

	skel = (struct ${name} *)skel_alloc(sizeof(*skel));
	if (!skel)
		goto cleanup;
	skel->ctx.sz = (char *)&skel->links - (char *)skel;
`)
  for (const { map, ident } of mappedMaps(obj)) {
    text.put(`	{
		static const char data[] __attribute__((__aligned__(8))) = "\\
`)
    text.hex(initialValue(obj, map))
    text.put(`";

		skel->${ident} = (__typeof__(skel->${ident}))skel_prep_map_data((void *)data, ${mmapSize(map)},
						sizeof(data) - 1);
		if (!skel->${ident})
			goto cleanup;
		skel->maps.${ident}.initial_value = (__u64) (long) skel->${ident};
	}
`)
  }
  text.put(`	return skel;
cleanup:
	${name}__destroy(skel);
	return NULL;
}
`)
}

function signed({ signature, exclProgHash }: ProgSignature, text: CText): void {
  text.put('\tstatic const char opts_sig[] __attribute__((__aligned__(8))) = "\\\n')
  text.hex(signature)
  text.put('";\n\tstatic const char opts_excl_hash[] __attribute__((__aligned__(8))) = "\\\n')
  text.hex(exclProgHash)
  text.put(`";
	opts.signature = (void *)opts_sig;
	opts.signature_sz = sizeof(opts_sig) - 1;
	opts.excl_prog_hash = (void *)opts_excl_hash;
	opts.excl_prog_hash_sz = sizeof(opts_excl_hash) - 1;
	opts.keyring_id = skel->keyring_id;
`)
}

function load(cmd: Command, obj: BpfObject, loader: GeneratedLoader, name: string, text: CText): void {
  text.put(`
static inline int
${name}__load(struct ${name} *skel)
{
	struct bpf_load_and_run_opts opts = {};
	int err;
	static const char opts_data[] __attribute__((__aligned__(8))) = "\\
`)
  text.hex(loader.data)
  text.put(`";
	static const char opts_insn[] __attribute__((__aligned__(8))) = "\\
`)
  text.hex(loader.insns)
  text.put('";\n')
  if (cmd.options.signProgs) signed(signProgram(cmd, loader.insns), text)
  text.put(`	opts.ctx = (struct bpf_loader_ctx *)skel;
	opts.data_sz = sizeof(opts_data) - 1;
	opts.data = (void *)opts_data;
	opts.insns_sz = sizeof(opts_insn) - 1;
	opts.insns = (void *)opts_insn;

	err = bpf_load_and_run(&opts);
	if (err < 0)
		return err;
`)
  for (const { map, ident } of mappedMaps(obj)) {
    const protection = map.def.mapFlags & MapFlag.RDONLY_PROG ? 'PROT_READ' : 'PROT_READ | PROT_WRITE'
    text.put(`	skel->${ident} = (__typeof__(skel->${ident}))skel_finalize_map_data(&skel->maps.${ident}.initial_value,
					${mmapSize(map)}, ${protection}, skel->maps.${ident}.map_fd);
	if (!skel->${ident})
		return -ENOMEM;
`)
  }
  text.put(`	return 0;
}

static inline struct ${name} *
${name}__open_and_load(void)
{
	struct ${name} *skel;

	skel = ${name}__open();
	if (!skel)
		return NULL;
	if (${name}__load(skel)) {
		${name}__destroy(skel);
		return NULL;
	}
	return skel;
}

`)
}
