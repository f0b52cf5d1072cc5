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
  9) keys='probe:46 list_builtins:47 help:2' ;;
  10) keys='show:48 list:48 help:2 dump:49' ;;
  11) keys='object:50 skeleton:51 subskeleton:51 min_core_btf:52 help:2' ;;
  12) keys='show:53 list:53 register:54 unregister:53 dump:53 help:2' ;;
  13) keys='help:2 pin:55' ;;
  14) keys='show:2 list:2 help:2 boot:56 reset:2 import:57' ;;
  15) keys='ls:58 help:2 tree:58 mkdir:58 rm:59' ;;
  16) keys='list:2 help:2 kill:61' ;;
  17) keys='help:2' lists='object' next=62 ;;
  18) lists='file' next=2 ;;
  19) keys='id:63 pinned:58 tag:64 name:65' ;;
  20) keys='xlated:66 jited:67' ;;
  21) keys='id:68 pinned:69 tag:70 name:71' ;;
  22) lists='object' next=72 ;;
  23) keys='id:73 pinned:74 tag:75 name:76' ;;
  24) keys='id:77 pinned:78 tag:79 name:80' ;;
  25) keys='id:81 pinned:82 tag:83 name:84' ;;
  26) keys='stdout:19 stderr:19' ;;
  27) keys='id:85 pinned:58 name:86' ;;
  28) lists='pin' next=87 ;;
  29) keys='id:88 pinned:89 name:90' ;;
  30) keys='id:91 pinned:92 name:93' ;;
  31) keys='id:94 pinned:95 name:96' ;;
  32) keys='id:97 pinned:98 name:99' ;;
  33) keys='id:100 pinned:69 name:101' ;;
  34) keys='id:102 pinned:103 name:104' ;;
  35) keys='id:105 pinned:106 name:107' ;;
  36) keys='id:108 pinned:109 name:110' ;;
  37) keys='id:111 pinned:58' ;;
  38) keys='id:112 pinned:69' ;;
  39) lists='directory' next=113 ;;
  40) keys='effective:2' lists='directory' next=113 ;;
  41) lists='directory' next=114 ;;
  42) lists='directory' next=115 ;;
  43) keys='dev:116' ;;
  44) lists='net-ATTACH_TYPE' next=117 ;;
  45) lists='net-ATTACH_TYPE' next=43 ;;
  46) keys='kernel:46 dev:118 full!:46 unprivileged!:46 macros!:119' ;;
  47) lists='feature-GROUP' next=2 ;;
  48) keys='id:120' ;;
  49) keys='id:121 prog:122 map:123 file:124' ;;
  50) lists='file' next=125 ;;
  51) lists='object' next=126 ;;
  52) lists='file' next=127 ;;
  53) keys='id:128 name:129' ;;
  54) lists='object' next=58 ;;
  55) lists='object' next=130 ;;
  56) keys='cpus:131' lists='kernel' next=132 ;;
  57) lists='none' next=133 ;;
  58) lists='pin' next=2 ;;
  59) lists='pin' next=134 ;;
  60) lists='object' next=2 ;;
  61) lists='pid' next=2 ;;
  62) keys='kernels!:135 jobs!:136 shard!:136 junit!:137 sarif!:137' lists='object' next=62 ;;
  63) lists='prog-id' next=2 ;;
  64) lists='prog-tag' next=2 ;;
  65) lists='prog-name' next=2 ;;
  66) keys='id:138 pinned:139 tag:140 name:141' ;;
  67) keys='id:142 pinned:143 tag:144 name:145' ;;
  68) lists='prog-id' next=58 ;;
  69) lists='pin' next=58 ;;
  70) lists='prog-tag' next=58 ;;
  71) lists='prog-name' next=58 ;;
  72) lists='pin' next=146 ;;
  73) lists='prog-id' next=147 ;;
  74) lists='pin' next=147 ;;
  75) lists='prog-tag' next=147 ;;
  76) lists='prog-name' next=147 ;;
  77) lists='prog-id' next=148 ;;
  78) lists='pin' next=148 ;;
  79) lists='prog-tag' next=148 ;;
  80) lists='prog-name' next=148 ;;
  81) lists='prog-id' next=149 ;;
  82) lists='pin' next=149 ;;
  83) lists='prog-tag' next=149 ;;
  84) lists='prog-name' next=149 ;;
  85) lists='map-id' next=2 ;;
  86) lists='map-name' next=2 ;;
  87) keys='type:150' ;;
  88) lists='map-id' next=151 ;;
  89) lists='pin' next=151 ;;
  90) lists='map-name' next=151 ;;
  91) lists='map-id' next=152 ;;
  92) lists='pin' next=152 ;;
  93) lists='map-name' next=152 ;;
  94) lists='map-id' next=153 ;;
  95) lists='pin' next=153 ;;
  96) lists='map-name' next=153 ;;
  97) lists='map-id' next=154 ;;
  98) lists='pin' next=154 ;;
  99) lists='map-name' next=154 ;;
  100) lists='map-id' next=58 ;;
  101) lists='map-name' next=58 ;;
  102) lists='map-id' next=155 ;;
  103) lists='pin' next=155 ;;
  104) lists='map-name' next=155 ;;
  105) lists='map-id' next=156 ;;
  106) lists='pin' next=156 ;;
  107) lists='map-name' next=156 ;;
  108) lists='map-id' next=157 ;;
  109) lists='pin' next=157 ;;
  110) lists='map-name' next=157 ;;
  111) lists='link-id' next=2 ;;
  112) lists='link-id' next=58 ;;
  113) keys='effective:2' ;;
  114) lists='cgroup-ATTACH_TYPE' next=158 ;;
  115) lists='cgroup-ATTACH_TYPE' next=19 ;;
  116) lists='device' next=2 ;;
  117) keys='id:159 pinned:160 tag:161 name:162' ;;
  118) lists='device' next=46 ;;
  119) keys='kernel:46 dev:118 full!:46 unprivileged!:46 macros!:119 prefix:163' ;;
  120) lists='btf-id' next=2 ;;
  121) lists='btf-id' next=164 ;;
  122) keys='id:165 pinned:166 tag:167 name:168' ;;
  123) keys='id:169 pinned:170 name:171' ;;
  124) lists='file' next=172 ;;
  125) lists='object' next=125 ;;
  126) keys='name:131' ;;
  127) lists='file' next=173 ;;
  128) lists='struct_ops-id' next=2 ;;
  129) lists='struct_ops-name' next=2 ;;
  130) lists='pin' next=174 ;;
  131) lists='none' next=2 ;;
  132) keys='cpus:131' ;;
  133) keys='host:2 btf:175' ;;
  134) keys='recursive:2' ;;
  135) keys='all:176' lists='kernel' next=176 ;;
  136) lists='none' next=176 ;;
  137) lists='file' next=176 ;;
  138) lists='prog-id' next=177 ;;
  139) lists='pin' next=177 ;;
  140) lists='prog-tag' next=177 ;;
  141) lists='prog-name' next=177 ;;
  142) lists='prog-id' next=178 ;;
  143) lists='pin' next=178 ;;
  144) lists='prog-tag' next=178 ;;
  145) lists='prog-name' next=178 ;;
  146) keys='type!:179 offload_dev!:180 xdpmeta_dev!:180 map:181 pinmaps!:72 autoattach!:146 kernel_btf!:182' ;;
  147) lists='prog-ATTACH_TYPE' next=27 ;;
  148) keys='data_in:183' ;;
  149) keys='duration:184' lists='prog-METRIC' next=185 ;;
  150) lists='map-TYPE' next=186 ;;
  151) keys='key!:187 value!:188 any:151 exist:151 noexist:151' ;;
  152) keys='key:189' ;;
  153) keys='key:190' ;;
  154) keys='key:191' ;;
  155) keys='cpu:192' ;;
  156) keys='value:193' ;;
  157) keys='value:194' ;;
  158) keys='id:195 pinned:196 tag:197 name:198' ;;
  159) lists='prog-id' next=199 ;;
  160) lists='pin' next=199 ;;
  161) lists='prog-tag' next=199 ;;
  162) lists='prog-name' next=199 ;;
  163) lists='none' next=46 ;;
  164) keys='format!:200 root_id:201' ;;
  165) lists='prog-id' next=164 ;;
  166) lists='pin' next=164 ;;
  167) lists='prog-tag' next=164 ;;
  168) lists='prog-name' next=164 ;;
  169) lists='map-id' next=202 ;;
  170) lists='pin' next=202 ;;
  171) lists='map-name' next=202 ;;
  172) keys='file:124 format!:200 root_id:201' ;;
  173) lists='object' next=173 ;;
  174) keys='map:27' ;;
  175) lists='file' next=203 ;;
  176) keys='kernels!:135 jobs!:136 shard!:136 junit!:137 sarif!:137' ;;
  177) keys='file:18 opcodes!:204 linum!:204 visual!:204' ;;
  178) keys='file:18 opcodes!:205 linum!:205' ;;
  179) lists='prog-TYPE' next=146 ;;
  180) lists='device' next=146 ;;
  181) keys='idx:206 name:206' ;;
  182) lists='file' next=146 ;;
  183) lists='file' next=207 ;;
  184) lists='none' next=185 ;;
  185) lists='prog-METRIC' next=185 ;;
  186) keys='key:208' ;;
  187) keys='hex:209' lists='byte' next=210 ;;
  188) keys='hex:211 id:212 pinned:89 name:213 tag:214' lists='byte' next=215 ;;
  189) keys='hex:216' lists='byte' next=216 ;;
  190) keys='hex:217' lists='byte' next=217 ;;
  191) keys='hex:218' lists='byte' next=218 ;;
  192) lists='none' next=219 ;;
  193) keys='hex:220 id:221 pinned:58 name:222 tag:64' lists='byte' next=220 ;;
  194) keys='hex:223 id:221 pinned:58 name:222 tag:64' lists='byte' next=223 ;;
  195) lists='prog-id' next=224 ;;
  196) lists='pin' next=224 ;;
  197) lists='prog-tag' next=224 ;;
  198) lists='prog-name' next=224 ;;
  199) keys='dev:225' ;;
  200) keys='raw:164 c:226' ;;
  201) lists='none' next=164 ;;
  202) keys='key:164 value:164 kv:164 all:164 format!:200 root_id:201' ;;
  203) keys='config!:175 kallsyms!:175 release!:227' ;;
  204) keys='opcodes!:204 linum!:204 visual!:204' ;;
  205) keys='opcodes!:205 linum!:205' ;;
  206) lists='none' next=228 ;;
  207) keys='data_out!:229 ctx_in!:230 repeat!:231' ;;
  208) lists='none' next=232 ;;
  209) lists='byte' next=210 ;;
  210) keys='key!:187 value!:188 any:151 exist:151 noexist:151' lists='byte' next=210 ;;
  211) lists='byte' next=215 ;;
  212) lists='map-id prog-id' next=151 ;;
  213) lists='map-name prog-name' next=151 ;;
  214) lists='prog-tag' next=151 ;;
  215) keys='key!:187 value!:188 any:151 exist:151 noexist:151' lists='byte' next=215 ;;
  216) lists='byte' next=216 ;;
  217) lists='byte' next=217 ;;
  218) lists='byte' next=218 ;;
  219) keys='index:131' ;;
  220) lists='byte' next=220 ;;
  221) lists='map-id prog-id' next=2 ;;
  222) lists='map-name prog-name' next=2 ;;
  223) lists='byte' next=223 ;;
  224) keys='multi:2 override:2' ;;
  225) lists='device' next=233 ;;
  226) keys='format!:200 root_id:201 unsorted:164' ;;
  227) lists='none' next=203 ;;
  228) keys='id:234 pinned:72 name:235' ;;
  229) lists='file' next=236 ;;
  230) lists='file' next=237 ;;
  231) lists='none' next=207 ;;
  232) keys='value:238' ;;
  233) keys='overwrite:2 prepend:2' ;;
  234) lists='map-id' next=146 ;;
  235) lists='map-name' next=146 ;;
  236) keys='data_out!:229 ctx_in!:230 repeat!:231 data_size_out:231' ;;
  237) keys='data_out!:229 ctx_in!:230 repeat!:231 ctx_out:239' ;;
  238) lists='none' next=240 ;;
  239) lists='file' next=241 ;;
  240) keys='entries:242' ;;
  241) keys='data_out!:229 ctx_in!:230 repeat!:231 ctx_size_out:231' ;;
  242) lists='none' next=243 ;;
  243) keys='name:244' ;;
  244) lists='none' next=245 ;;
  245) keys='flags!:244 inner_map!:246 offload_dev!:247' ;;
  246) keys='id:248 pinned:249 name:250' ;;
  247) lists='device' next=245 ;;
  248) lists='map-id' next=245 ;;
  249) lists='pin' next=245 ;;
  250) lists='map-name' next=245 ;;
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
