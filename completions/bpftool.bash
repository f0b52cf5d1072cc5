# Completion of bpftool's commands in bash.
# Made by `npm run completions` from the tables and usage texts of the program; changes here are lost.

# What may come in a state: keywords with the state that each leads to (! after those that come once), lists of other
# words and the state that those lead to.
_bpftool_state() {
  keys= lists= next=
  case $1 in
  0) keys='help:2 batch:1 prog:3 map:4 link:5 cgroup:6 perf:7 net:8 feature:9 btf:10 gen:11 struct_ops:12 iter:13 token:7 kernel:14 fs:15 process:16 check:17 version:2' ;;
  1) keys='file:18' ;;
  3) keys='show:19 list:19 help:2 dump:20 pin:21 load:22 loadall:22 attach:23 detach:23 tracelog:26 run:24 profile:25' ;;
  4) keys='show:27 list:27 help:2 dump:27 update:29 lookup:30 getnext:31 delete:32 pin:33 event_pipe:34 create:28 peek:27 push:35 enqueue:36 pop:27 dequeue:27 freeze:27' ;;
  5) keys='show:37 list:37 help:2 pin:38 detach:37' ;;
  6) keys='show:39 list:39 tree:40 attach:41 detach:42 help:2' ;;
  7) keys='show:2 list:2 help:2' ;;
  8) keys='show:43 list:43 attach:44 detach:45 help:2' ;;
  9) keys='probe:46 list_builtins:47 help:2 matrix:48' ;;
  10) keys='show:49 list:49 help:2 dump:50' ;;
  11) keys='object:51 skeleton:52 subskeleton:52 min_core_btf:53 help:2 types:52' ;;
  12) keys='show:54 list:54 register:55 unregister:54 dump:54 help:2' ;;
  13) keys='help:2 pin:56' ;;
  14) keys='show:2 list:2 help:2 boot:57 reset:2 import:58' ;;
  15) keys='ls:59 help:2 tree:59 mkdir:59 rm:60' ;;
  16) keys='list:2 help:2 kill:62' ;;
  17) keys='help:2' lists='object' next=63 ;;
  18) lists='file' next=2 ;;
  19) keys='id:64 pinned:59 tag:65 name:66' ;;
  20) keys='xlated:67 jited:68' ;;
  21) keys='id:69 pinned:70 tag:71 name:72' ;;
  22) lists='object' next=73 ;;
  23) keys='id:74 pinned:75 tag:76 name:77' ;;
  24) keys='id:78 pinned:79 tag:80 name:81' ;;
  25) keys='id:82 pinned:83 tag:84 name:85' ;;
  26) keys='stdout:19 stderr:19' ;;
  27) keys='id:86 pinned:59 name:87' ;;
  28) lists='pin' next=88 ;;
  29) keys='id:89 pinned:90 name:91' ;;
  30) keys='id:92 pinned:93 name:94' ;;
  31) keys='id:95 pinned:96 name:97' ;;
  32) keys='id:98 pinned:99 name:100' ;;
  33) keys='id:101 pinned:70 name:102' ;;
  34) keys='id:103 pinned:104 name:105' ;;
  35) keys='id:106 pinned:107 name:108' ;;
  36) keys='id:109 pinned:110 name:111' ;;
  37) keys='id:112 pinned:59' ;;
  38) keys='id:113 pinned:70' ;;
  39) lists='directory' next=114 ;;
  40) keys='effective:2' lists='directory' next=114 ;;
  41) lists='directory' next=115 ;;
  42) lists='directory' next=116 ;;
  43) keys='dev:117' ;;
  44) lists='net-ATTACH_TYPE' next=118 ;;
  45) lists='net-ATTACH_TYPE' next=43 ;;
  46) keys='kernel:46 dev:119 full!:46 unprivileged!:46 macros!:120' ;;
  47) lists='feature-GROUP' next=2 ;;
  48) lists='none' next=48 ;;
  49) keys='id:121' ;;
  50) keys='id:122 prog:123 map:124 file:125' ;;
  51) lists='file' next=126 ;;
  52) lists='object' next=127 ;;
  53) lists='file' next=128 ;;
  54) keys='id:129 name:130' ;;
  55) lists='object' next=59 ;;
  56) lists='object' next=131 ;;
  57) keys='cpus:132' lists='kernel' next=133 ;;
  58) lists='none' next=134 ;;
  59) lists='pin' next=2 ;;
  60) lists='pin' next=135 ;;
  61) lists='object' next=2 ;;
  62) lists='pid' next=2 ;;
  63) keys='kernels!:136 jobs!:137 shard!:137 junit!:138 sarif!:138' lists='object' next=63 ;;
  64) lists='prog-id' next=2 ;;
  65) lists='prog-tag' next=2 ;;
  66) lists='prog-name' next=2 ;;
  67) keys='id:139 pinned:140 tag:141 name:142' ;;
  68) keys='id:143 pinned:144 tag:145 name:146' ;;
  69) lists='prog-id' next=59 ;;
  70) lists='pin' next=59 ;;
  71) lists='prog-tag' next=59 ;;
  72) lists='prog-name' next=59 ;;
  73) lists='pin' next=147 ;;
  74) lists='prog-id' next=148 ;;
  75) lists='pin' next=148 ;;
  76) lists='prog-tag' next=148 ;;
  77) lists='prog-name' next=148 ;;
  78) lists='prog-id' next=149 ;;
  79) lists='pin' next=149 ;;
  80) lists='prog-tag' next=149 ;;
  81) lists='prog-name' next=149 ;;
  82) lists='prog-id' next=150 ;;
  83) lists='pin' next=150 ;;
  84) lists='prog-tag' next=150 ;;
  85) lists='prog-name' next=150 ;;
  86) lists='map-id' next=2 ;;
  87) lists='map-name' next=2 ;;
  88) keys='type:151' ;;
  89) lists='map-id' next=152 ;;
  90) lists='pin' next=152 ;;
  91) lists='map-name' next=152 ;;
  92) lists='map-id' next=153 ;;
  93) lists='pin' next=153 ;;
  94) lists='map-name' next=153 ;;
  95) lists='map-id' next=154 ;;
  96) lists='pin' next=154 ;;
  97) lists='map-name' next=154 ;;
  98) lists='map-id' next=155 ;;
  99) lists='pin' next=155 ;;
  100) lists='map-name' next=155 ;;
  101) lists='map-id' next=59 ;;
  102) lists='map-name' next=59 ;;
  103) lists='map-id' next=156 ;;
  104) lists='pin' next=156 ;;
  105) lists='map-name' next=156 ;;
  106) lists='map-id' next=157 ;;
  107) lists='pin' next=157 ;;
  108) lists='map-name' next=157 ;;
  109) lists='map-id' next=158 ;;
  110) lists='pin' next=158 ;;
  111) lists='map-name' next=158 ;;
  112) lists='link-id' next=2 ;;
  113) lists='link-id' next=59 ;;
  114) keys='effective:2' ;;
  115) lists='cgroup-ATTACH_TYPE' next=159 ;;
  116) lists='cgroup-ATTACH_TYPE' next=19 ;;
  117) lists='device' next=2 ;;
  118) keys='id:160 pinned:161 tag:162 name:163' ;;
  119) lists='device' next=46 ;;
  120) keys='kernel:46 dev:119 full!:46 unprivileged!:46 macros!:120 prefix:164' ;;
  121) lists='btf-id' next=2 ;;
  122) lists='btf-id' next=165 ;;
  123) keys='id:166 pinned:167 tag:168 name:169' ;;
  124) keys='id:170 pinned:171 name:172' ;;
  125) lists='file' next=173 ;;
  126) lists='object' next=126 ;;
  127) keys='name:132' ;;
  128) lists='file' next=174 ;;
  129) lists='struct_ops-id' next=2 ;;
  130) lists='struct_ops-name' next=2 ;;
  131) lists='pin' next=175 ;;
  132) lists='none' next=2 ;;
  133) keys='cpus:132' ;;
  134) keys='host:2 btf:176 image:176 package:176' ;;
  135) keys='recursive:2' ;;
  136) keys='all:177' lists='kernel' next=177 ;;
  137) lists='none' next=177 ;;
  138) lists='file' next=177 ;;
  139) lists='prog-id' next=178 ;;
  140) lists='pin' next=178 ;;
  141) lists='prog-tag' next=178 ;;
  142) lists='prog-name' next=178 ;;
  143) lists='prog-id' next=179 ;;
  144) lists='pin' next=179 ;;
  145) lists='prog-tag' next=179 ;;
  146) lists='prog-name' next=179 ;;
  147) keys='type!:180 offload_dev!:181 xdpmeta_dev!:181 map:182 pinmaps!:73 autoattach!:147 kernel_btf!:183' ;;
  148) lists='prog-ATTACH_TYPE' next=27 ;;
  149) keys='data_in:184' ;;
  150) keys='duration:185' lists='prog-METRIC' next=186 ;;
  151) lists='map-TYPE' next=187 ;;
  152) keys='key!:188 value!:189 any:152 exist:152 noexist:152' ;;
  153) keys='key:190' ;;
  154) keys='key:191' ;;
  155) keys='key:192' ;;
  156) keys='cpu:193' ;;
  157) keys='value:194' ;;
  158) keys='value:195' ;;
  159) keys='id:196 pinned:197 tag:198 name:199' ;;
  160) lists='prog-id' next=200 ;;
  161) lists='pin' next=200 ;;
  162) lists='prog-tag' next=200 ;;
  163) lists='prog-name' next=200 ;;
  164) lists='none' next=46 ;;
  165) keys='format!:201 root_id:202' ;;
  166) lists='prog-id' next=165 ;;
  167) lists='pin' next=165 ;;
  168) lists='prog-tag' next=165 ;;
  169) lists='prog-name' next=165 ;;
  170) lists='map-id' next=203 ;;
  171) lists='pin' next=203 ;;
  172) lists='map-name' next=203 ;;
  173) keys='file:125 format!:201 root_id:202' ;;
  174) lists='object' next=174 ;;
  175) keys='map:27' ;;
  176) lists='file' next=204 ;;
  177) keys='kernels!:136 jobs!:137 shard!:137 junit!:138 sarif!:138' ;;
  178) keys='file:18 opcodes!:205 linum!:205 visual!:205' ;;
  179) keys='file:18 opcodes!:206 linum!:206' ;;
  180) lists='prog-TYPE' next=147 ;;
  181) lists='device' next=147 ;;
  182) keys='idx:207 name:207' ;;
  183) lists='file' next=147 ;;
  184) lists='file' next=208 ;;
  185) lists='none' next=186 ;;
  186) lists='prog-METRIC' next=186 ;;
  187) keys='key:209' ;;
  188) keys='hex:210' lists='byte' next=211 ;;
  189) keys='hex:212 id:213 pinned:90 name:214 tag:215' lists='byte' next=216 ;;
  190) keys='hex:217' lists='byte' next=217 ;;
  191) keys='hex:218' lists='byte' next=218 ;;
  192) keys='hex:219' lists='byte' next=219 ;;
  193) lists='none' next=220 ;;
  194) keys='hex:221 id:222 pinned:59 name:223 tag:65' lists='byte' next=221 ;;
  195) keys='hex:224 id:222 pinned:59 name:223 tag:65' lists='byte' next=224 ;;
  196) lists='prog-id' next=225 ;;
  197) lists='pin' next=225 ;;
  198) lists='prog-tag' next=225 ;;
  199) lists='prog-name' next=225 ;;
  200) keys='dev:226' ;;
  201) keys='raw:165 c:227' ;;
  202) lists='none' next=165 ;;
  203) keys='key:165 value:165 kv:165 all:165 format!:201 root_id:202' ;;
  204) keys='config!:176 kallsyms!:176 release!:228' ;;
  205) keys='opcodes!:205 linum!:205 visual!:205' ;;
  206) keys='opcodes!:206 linum!:206' ;;
  207) lists='none' next=229 ;;
  208) keys='data_out!:230 ctx_in!:231 repeat!:232' ;;
  209) lists='none' next=233 ;;
  210) lists='byte' next=211 ;;
  211) keys='key!:188 value!:189 any:152 exist:152 noexist:152' lists='byte' next=211 ;;
  212) lists='byte' next=216 ;;
  213) lists='map-id prog-id' next=152 ;;
  214) lists='map-name prog-name' next=152 ;;
  215) lists='prog-tag' next=152 ;;
  216) keys='key!:188 value!:189 any:152 exist:152 noexist:152' lists='byte' next=216 ;;
  217) lists='byte' next=217 ;;
  218) lists='byte' next=218 ;;
  219) lists='byte' next=219 ;;
  220) keys='index:132' ;;
  221) lists='byte' next=221 ;;
  222) lists='map-id prog-id' next=2 ;;
  223) lists='map-name prog-name' next=2 ;;
  224) lists='byte' next=224 ;;
  225) keys='multi:2 override:2' ;;
  226) lists='device' next=234 ;;
  227) keys='format!:201 root_id:202 unsorted:165' ;;
  228) lists='none' next=204 ;;
  229) keys='id:235 pinned:73 name:236' ;;
  230) lists='file' next=237 ;;
  231) lists='file' next=238 ;;
  232) lists='none' next=208 ;;
  233) keys='value:239' ;;
  234) keys='overwrite:2 prepend:2' ;;
  235) lists='map-id' next=147 ;;
  236) lists='map-name' next=147 ;;
  237) keys='data_out!:230 ctx_in!:231 repeat!:232 data_size_out:232' ;;
  238) keys='data_out!:230 ctx_in!:231 repeat!:232 ctx_out:240' ;;
  239) lists='none' next=241 ;;
  240) lists='file' next=242 ;;
  241) keys='entries:243' ;;
  242) keys='data_out!:230 ctx_in!:231 repeat!:232 ctx_size_out:232' ;;
  243) lists='none' next=244 ;;
  244) keys='name:245' ;;
  245) lists='none' next=246 ;;
  246) keys='flags!:245 inner_map!:247 offload_dev!:248' ;;
  247) keys='id:249 pinned:250 name:251' ;;
  248) lists='device' next=246 ;;
  249) lists='map-id' next=246 ;;
  250) lists='pin' next=246 ;;
  251) lists='map-name' next=246 ;;
  esac
}

# Reads the words before the one to complete. Sets keys, lists, and option to one whose value is to come.
_bpftool_walk() {
  [ -n "${ZSH_VERSION-}" ] && setopt local_options sh_word_split
  local word pair key found seen=' '
  option=
  _bpftool_state 0
  for word in "$@"; do
    if [ -n "$option" ]; then
      [ "$word" = = ] && continue
      case $option in --state | --kernel) ask+=("$option" "${word/#\~\//$HOME/}") ;; esac
      option=
      continue
    fi
    case $word in
    --base-btf | --state | --kernel | -[!-]*[ikB] | -[ikB]) option=$word && continue ;;
    --state=* | --kernel=*) ask+=("$word") && continue ;;
    -?*) continue ;;
    esac
    found=
    for pair in $keys; do
      key=${pair%:*}
      [ "$word" = "${key%!}" ] && found=$pair && break
    done
    if [ -z "$found" ] && ! { [ "$lists" = byte ] && _bpftool_is_byte "$word"; }; then
      for pair in $keys; do
        case $pair in "$word"*) found=$pair && break ;; esac
      done
    fi
    if [ -n "$found" ]; then
      case $found in *!:*) seen="$seen${found%!:*} " ;; esac
      _bpftool_state "${found##*:}"
    else
      _bpftool_state "${next:-none}"
    fi
  done
  found=
  for pair in $keys; do
    key=${pair%:*}
    case $seen in *" ${key%!} "*) ;; *) found="$found ${key%!}" ;; esac
  done
  keys=$found
}

_bpftool_is_byte() {
  case $1 in *[!0-9a-fA-FxX]* | '' | ?????*) return 1 ;; esac
}

_bpftool_ask() {
  "$tool" "${ask[@]}" "$@" 2>/dev/null
}

# The values of a key in what a command answers as JSON.
_bpftool_values() {
  local key=$1
  shift
  _bpftool_ask -j "$@" | grep -o "\"$key\":\"\{0,1\}[^\",}]*" | sed 's/^[^:]*:"\{0,1\}//'
}

# Paths of the simulated machine that begin as the word does.
_bpftool_pins() {
  local name dir=/sys/fs/bpf/
  case $dir in "$cur"*) [ "$cur" = $dir ] || { echo $dir && return; } ;; esac
  case $cur in */*) dir=${cur%/*}/ ;; *) return ;; esac
  _bpftool_ask fs ls "$dir" | while IFS= read -r name; do printf '%s\n' "$dir$name"; done
}

# The words of a list, one in a line; files are the shell's own business.
_bpftool_list() {
  case $1 in
  prog-TYPE) printf '%s\n' socket kprobe kretprobe classifier action tracepoint raw_tracepoint xdp perf_event cgroup/skb cgroup/sock cgroup/dev lwt_in lwt_out lwt_xmit lwt_seg6local sockops sk_skb sk_msg lirc_mode2 sk_reuseport flow_dissector cgroup/sysctl cgroup/bind4 cgroup/bind6 cgroup/post_bind4 cgroup/post_bind6 cgroup/connect4 cgroup/connect6 cgroup/connect_unix cgroup/getpeername4 cgroup/getpeername6 cgroup/getpeername_unix cgroup/getsockname4 cgroup/getsockname6 cgroup/getsockname_unix cgroup/sendmsg4 cgroup/sendmsg6 cgroup/sendmsg_unix cgroup/recvmsg4 cgroup/recvmsg6 cgroup/recvmsg_unix cgroup/getsockopt cgroup/setsockopt cgroup/sock_release struct_ops fentry fexit fsession freplace sk_lookup ;;
  prog-ATTACH_TYPE) printf '%s\n' sk_msg_verdict sk_skb_verdict sk_skb_stream_verdict sk_skb_stream_parser flow_dissector ;;
  prog-METRIC) printf '%s\n' cycles instructions l1d_loads llc_misses itlb_misses dtlb_misses ;;
  map-TYPE) printf '%s\n' hash array prog_array perf_event_array percpu_hash percpu_array stack_trace cgroup_array lru_hash lru_percpu_hash lpm_trie array_of_maps hash_of_maps devmap devmap_hash sockmap cpumap xskmap sockhash cgroup_storage reuseport_sockarray percpu_cgroup_storage queue stack sk_storage struct_ops ringbuf inode_storage task_storage bloom_filter user_ringbuf cgrp_storage arena insn_array rhash ;;
  cgroup-ATTACH_TYPE) printf '%s\n' cgroup_inet_ingress cgroup_inet_egress cgroup_inet_sock_create cgroup_sock_ops cgroup_device cgroup_inet4_bind cgroup_inet6_bind cgroup_inet4_post_bind cgroup_inet6_post_bind cgroup_inet4_connect cgroup_inet6_connect cgroup_unix_connect cgroup_inet4_getpeername cgroup_inet6_getpeername cgroup_unix_getpeername cgroup_inet4_getsockname cgroup_inet6_getsockname cgroup_unix_getsockname cgroup_udp4_sendmsg cgroup_udp6_sendmsg cgroup_unix_sendmsg cgroup_udp4_recvmsg cgroup_udp6_recvmsg cgroup_unix_recvmsg cgroup_sysctl cgroup_getsockopt cgroup_setsockopt cgroup_inet_sock_release ;;
  net-ATTACH_TYPE) printf '%s\n' xdp xdpgeneric xdpdrv xdpoffload tcx_ingress tcx_egress ;;
  feature-GROUP) printf '%s\n' prog_types map_types attach_types link_types helpers ;;
  options) printf '%s\n' -V -h -p -j -f -L -m -n -d -S -i -k -B --json --help --pretty --version --bpffs --mapcompat --nomount --debug --use-loader --sign --base-btf --state --kernel ;;
  prog-id) _bpftool_values id prog show ;;
  prog-tag) _bpftool_values tag prog show ;;
  prog-name) _bpftool_values name prog show ;;
  map-id) _bpftool_values id map show ;;
  map-name) _bpftool_values name map show ;;
  link-id) _bpftool_values id link show ;;
  btf-id) _bpftool_values id btf show ;;
  struct_ops-id) _bpftool_values id struct_ops show ;;
  struct_ops-name) _bpftool_values name struct_ops show ;;
  kernel) _bpftool_values name kernel list ;;
  pid) _bpftool_values pid process list ;;
  device) echo lo ;;
  pin) _bpftool_pins ;;
  esac
}

# The lists that complete the value of an option.
_bpftool_option_lists() {
  case $1 in --state) echo directory ;; --kernel) echo kernel ;; *) echo file ;; esac
}

_bpftool_add() {
  local line
  while IFS= read -r line; do
    case $line in "$cur"*) COMPREPLY+=("$line") ;; esac
  done
}

_bpftool() {
  local tool=$1 cur=${COMP_WORDS[COMP_CWORD]} keys lists next option list key
  local -a ask
  ask=()
  COMPREPLY=()
  _bpftool_walk "${COMP_WORDS[@]:1:COMP_CWORD-1}"
  [ "$cur" = = ] && cur=
  if [ -n "$option" ]; then
    keys= lists=$(_bpftool_option_lists "$option")
  elif [[ $cur == -* ]]; then
    keys= lists=options
  fi
  for key in $keys; do [[ $key == "$cur"* ]] && COMPREPLY+=("$key"); done
  for list in $lists; do
    case $list in
    file) _bpftool_add < <(compgen -f -- "$cur") ;;
    object) _bpftool_add < <(compgen -d -- "$cur"; compgen -f -X '!*.o' -- "$cur") ;;
    directory) _bpftool_add < <(compgen -d -- "$cur") ;;
    *) _bpftool_add < <(_bpftool_list "$list") ;;
    esac
    case $list in file | object | directory) type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null ;; esac
  done
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]] && compopt -o nospace 2>/dev/null
  return 0
}

complete -F _bpftool bpftool
