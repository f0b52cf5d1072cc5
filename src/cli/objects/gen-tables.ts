import { mapIdent, mmapIdent } from './gen-names.ts'
import type { BpfMap, BpfObject } from '../../libbpf/model.ts'
import type { CText } from './gen-text.ts'

/** sizeof(struct bpf_map_skeleton) without and with its last field, `link`. */
const MAP_SKELETON_SIZE = 24
const MAP_SKELETON_SIZE_WITH_LINK = 32

/** The maps that have a name in the skeleton. */
export function namedMaps(obj: BpfObject): { map: BpfMap; ident: string }[] {
  return obj.maps.flatMap((map) => {
    const ident = mapIdent(map)
    return ident === undefined ? [] : [{ map, ident }]
  })
}

/** codegen_maps_skeleton. @param whole whether the skeleton owns the maps: it then has their memory and links, too. */
export function mapTable(obj: BpfObject, whole: boolean, text: CText): void {
  const maps = namedMaps(obj)
  if (maps.length === 0) return
  const linked = whole && obj.maps.some((map) => map.isStructOps)
  const size = linked ? MAP_SKELETON_SIZE_WITH_LINK : MAP_SKELETON_SIZE
  text.put(`
	/* maps */
	s->map_cnt = ${maps.length};
	s->map_skel_sz = ${size};
	s->maps = (struct bpf_map_skeleton *)calloc(s->map_cnt,
			sizeof(*s->maps) > ${size} ? sizeof(*s->maps) : ${size});
	if (!s->maps) {
		err = -ENOMEM;
		goto err;
	}
`)
  maps.forEach(({ map, ident }, i) => {
    text.put(`
	map = (struct bpf_map_skeleton *)((char *)s->maps + ${i} * s->map_skel_sz);
	map->name = "${map.shownName}";
	map->map = &obj->maps.${ident};
`)
    if (!whole) return
    const mmaped = mmapIdent(obj, map)
    if (mmaped !== undefined) text.put(`\tmap->mmaped = (void **)&obj->${mmaped};\n`)
    if (map.isStructOps) text.put(`\tmap->link = &obj->links.${ident};\n`)
  })
}

/** codegen_progs_skeleton. */
export function progTable(obj: BpfObject, whole: boolean, text: CText): void {
  const names = [...obj.entryPrograms()].map(({ name }) => name)
  if (names.length === 0) return
  text.put(`
	/* programs */
	s->prog_cnt = ${names.length};
	s->prog_skel_sz = sizeof(*s->progs);
	s->progs = (struct bpf_prog_skeleton *)calloc(s->prog_cnt, s->prog_skel_sz);
	if (!s->progs) {
		err = -ENOMEM;
		goto err;
	}
`)
  names.forEach((name, i) => {
    text.put(`
	s->progs[${i}].name = "${name}";
	s->progs[${i}].prog = &obj->progs.${name};
`)
    if (whole) text.put(`\ts->progs[${i}].link = &obj->links.${name};\n`)
  })
}
