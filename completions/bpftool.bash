# Completion of bpftool's commands in bash.
# Made by `npm run completions` from the tables and usage texts of the program; changes here are lost.

# What may come in a state: keywords with the state that each leads to (! after those that come once), lists of other
# words and the state that those lead to.
_bpftool_state() {
  keys= lists= next=
  case $1 in
  0) keys='help:2 batch:1 prog:3 map:4 link:5 cgroup:6 perf:7 net:8 feature:9 btf:10 gen:11 struct_ops:12 iter:13 token:7 kernel:14 fs:15 process:16 version:2' ;;
  1) keys='file:17' ;;
  3) keys='show:18 list:18 help:2 dump:19 pin:20 load:21 loadall:21 attach:22 detach:22 tracelog:25 run:23 profile:24' ;;
  4) keys='show:26 list:26 help:2 dump:26 update:28 lookup:29 getnext:30 delete:31 pin:32 event_pipe:33 create:27 peek:26 push:34 enqueue:35 pop:26 dequeue:26 freeze:26' ;;
  5) keys='show:36 list:36 help:2 pin:37 detach:36' ;;
  6) keys='show:38 list:38 tree:39 attach:40 detach:41 help:2' ;;
  7) keys='show:2 list:2 help:2' ;;
  8) keys='show:42 list:42 attach:43 detach:44 help:2' ;;
  9) keys='probe:45 list_builtins:46 help:2' ;;
  10) keys='show:47 list:47 help:2 dump:48' ;;
  11) keys='object:49 skeleton:50 subskeleton:50 min_core_btf:51 help:2' ;;
  12) keys='show:52 list:52 register:53 unregister:52 dump:52 help:2' ;;
  13) keys='help:2 pin:54' ;;
  14) keys='show:2 list:2 help:2 boot:55 reset:2 import:56' ;;
  15) keys='ls:57 help:2 tree:57 mkdir:57 rm:58' ;;
  16) keys='list:2 help:2 kill:60' ;;
  17) lists='file' next=2 ;;
  18) keys='id:61 pinned:57 tag:62 name:63' ;;
  19) keys='xlated:64 jited:65' ;;
  20) keys='id:66 pinned:67 tag:68 name:69' ;;
  21) lists='object' next=70 ;;
  22) keys='id:71 pinned:72 tag:73 name:74' ;;
  23) keys='id:75 pinned:76 tag:77 name:78' ;;
  24) keys='id:79 pinned:80 tag:81 name:82' ;;
  25) keys='stdout:18 stderr:18' ;;
  26) keys='id:83 pinned:57 name:84' ;;
  27) lists='pin' next=85 ;;
  28) keys='id:86 pinned:87 name:88' ;;
  29) keys='id:89 pinned:90 name:91' ;;
  30) keys='id:92 pinned:93 name:94' ;;
  31) keys='id:95 pinned:96 name:97' ;;
  32) keys='id:98 pinned:67 name:99' ;;
  33) keys='id:100 pinned:101 name:102' ;;
  34) keys='id:103 pinned:104 name:105' ;;
  35) keys='id:106 pinned:107 name:108' ;;
  36) keys='id:109 pinned:57' ;;
  37) keys='id:110 pinned:67' ;;
  38) lists='directory' next=111 ;;
  39) keys='effective:2' lists='directory' next=111 ;;
  40) lists='directory' next=112 ;;
  41) lists='directory' next=113 ;;
  42) keys='dev:114' ;;
  43) lists='net-ATTACH_TYPE' next=115 ;;
  44) lists='net-ATTACH_TYPE' next=42 ;;
  45) keys='kernel:45 dev:116 full!:45 unprivileged!:45 macros!:117' ;;
  46) lists='feature-GROUP' next=2 ;;
  47) keys='id:118' ;;
  48) keys='id:119 prog:120 map:121 file:122' ;;
  49) lists='file' next=123 ;;
  50) lists='object' next=124 ;;
  51) lists='file' next=125 ;;
  52) keys='id:126 name:127' ;;
  53) lists='object' next=57 ;;
  54) lists='object' next=128 ;;
  55) keys='cpus:129' lists='kernel' next=130 ;;
  56) lists='none' next=131 ;;
  57) lists='pin' next=2 ;;
  58) lists='pin' next=132 ;;
  59) lists='object' next=2 ;;
  60) lists='pid' next=2 ;;
  61) lists='prog-id' next=2 ;;
  62) lists='prog-tag' next=2 ;;
  63) lists='prog-name' next=2 ;;
  64) keys='id:133 pinned:134 tag:135 name:136' ;;
  65) keys='id:137 pinned:138 tag:139 name:140' ;;
  66) lists='prog-id' next=57 ;;
  67) lists='pin' next=57 ;;
  68) lists='prog-tag' next=57 ;;
  69) lists='prog-name' next=57 ;;
  70) lists='pin' next=141 ;;
  71) lists='prog-id' next=142 ;;
  72) lists='pin' next=142 ;;
  73) lists='prog-tag' next=142 ;;
  74) lists='prog-name' next=142 ;;
  75) lists='prog-id' next=143 ;;
  76) lists='pin' next=143 ;;
  77) lists='prog-tag' next=143 ;;
  78) lists='prog-name' next=143 ;;
  79) lists='prog-id' next=144 ;;
  80) lists='pin' next=144 ;;
  81) lists='prog-tag' next=144 ;;
  82) lists='prog-name' next=144 ;;
  83) lists='map-id' next=2 ;;
  84) lists='map-name' next=2 ;;
  85) keys='type:145' ;;
  86) lists='map-id' next=146 ;;
  87) lists='pin' next=146 ;;
  88) lists='map-name' next=146 ;;
  89) lists='map-id' next=147 ;;
  90) lists='pin' next=147 ;;
  91) lists='map-name' next=147 ;;
  92) lists='map-id' next=148 ;;
  93) lists='pin' next=148 ;;
  94) lists='map-name' next=148 ;;
  95) lists='map-id' next=149 ;;
  96) lists='pin' next=149 ;;
  97) lists='map-name' next=149 ;;
  98) lists='map-id' next=57 ;;
  99) lists='map-name' next=57 ;;
  100) lists='map-id' next=150 ;;
  101) lists='pin' next=150 ;;
  102) lists='map-name' next=150 ;;
  103) lists='map-id' next=151 ;;
  104) lists='pin' next=151 ;;
  105) lists='map-name' next=151 ;;
  106) lists='map-id' next=152 ;;
  107) lists='pin' next=152 ;;
  108) lists='map-name' next=152 ;;
  109) lists='link-id' next=2 ;;
  110) lists='link-id' next=57 ;;
  111) keys='effective:2' ;;
  112) lists='cgroup-ATTACH_TYPE' next=153 ;;
  113) lists='cgroup-ATTACH_TYPE' next=18 ;;
  114) lists='device' next=2 ;;
  115) keys='id:154 pinned:155 tag:156 name:157' ;;
  116) lists='device' next=45 ;;
  117) keys='kernel:45 dev:116 full!:45 unprivileged!:45 macros!:117 prefix:158' ;;
  118) lists='btf-id' next=2 ;;
  119) lists='btf-id' next=159 ;;
  120) keys='id:160 pinned:161 tag:162 name:163' ;;
  121) keys='id:164 pinned:165 name:166' ;;
  122) lists='file' next=167 ;;
  123) lists='object' next=123 ;;
  124) keys='name:129' ;;
  125) lists='file' next=168 ;;
  126) lists='struct_ops-id' next=2 ;;
  127) lists='struct_ops-name' next=2 ;;
  128) lists='pin' next=169 ;;
  129) lists='none' next=2 ;;
  130) keys='cpus:129' ;;
  131) keys='host:2 btf:170' ;;
  132) keys='recursive:2' ;;
  133) lists='prog-id' next=171 ;;
  134) lists='pin' next=171 ;;
  135) lists='prog-tag' next=171 ;;
  136) lists='prog-name' next=171 ;;
  137) lists='prog-id' next=172 ;;
  138) lists='pin' next=172 ;;
  139) lists='prog-tag' next=172 ;;
  140) lists='prog-name' next=172 ;;
  141) keys='type!:173 offload_dev!:174 xdpmeta_dev!:174 map:175 pinmaps!:70 autoattach!:141 kernel_btf!:176' ;;
  142) lists='prog-ATTACH_TYPE' next=26 ;;
  143) keys='data_in:177' ;;
  144) keys='duration:178' lists='prog-METRIC' next=179 ;;
  145) lists='map-TYPE' next=180 ;;
  146) keys='key!:181 value!:182 any:146 exist:146 noexist:146' ;;
  147) keys='key:183' ;;
  148) keys='key:184' ;;
  149) keys='key:185' ;;
  150) keys='cpu:186' ;;
  151) keys='value:187' ;;
  152) keys='value:188' ;;
  153) keys='id:189 pinned:190 tag:191 name:192' ;;
  154) lists='prog-id' next=193 ;;
  155) lists='pin' next=193 ;;
  156) lists='prog-tag' next=193 ;;
  157) lists='prog-name' next=193 ;;
  158) lists='none' next=45 ;;
  159) keys='format!:194 root_id:195' ;;
  160) lists='prog-id' next=159 ;;
  161) lists='pin' next=159 ;;
  162) lists='prog-tag' next=159 ;;
  163) lists='prog-name' next=159 ;;
  164) lists='map-id' next=196 ;;
  165) lists='pin' next=196 ;;
  166) lists='map-name' next=196 ;;
  167) keys='file:122 format!:194 root_id:195' ;;
  168) lists='object' next=168 ;;
  169) keys='map:26' ;;
  170) lists='file' next=197 ;;
  171) keys='file:17 opcodes!:198 linum!:198 visual!:198' ;;
  172) keys='file:17 opcodes!:199 linum!:199' ;;
  173) lists='prog-TYPE' next=141 ;;
  174) lists='device' next=141 ;;
  175) keys='idx:200 name:200' ;;
  176) lists='file' next=141 ;;
  177) lists='file' next=201 ;;
  178) lists='none' next=179 ;;
  179) lists='prog-METRIC' next=179 ;;
  180) keys='key:202' ;;
  181) keys='hex:203' lists='byte' next=204 ;;
  182) keys='hex:205 id:206 pinned:87 name:207 tag:208' lists='byte' next=209 ;;
  183) keys='hex:210' lists='byte' next=210 ;;
  184) keys='hex:211' lists='byte' next=211 ;;
  185) keys='hex:212' lists='byte' next=212 ;;
  186) lists='none' next=213 ;;
  187) keys='hex:214 id:215 pinned:57 name:216 tag:62' lists='byte' next=214 ;;
  188) keys='hex:217 id:215 pinned:57 name:216 tag:62' lists='byte' next=217 ;;
  189) lists='prog-id' next=218 ;;
  190) lists='pin' next=218 ;;
  191) lists='prog-tag' next=218 ;;
  192) lists='prog-name' next=218 ;;
  193) keys='dev:219' ;;
  194) keys='raw:159 c:220' ;;
  195) lists='none' next=159 ;;
  196) keys='key:159 value:159 kv:159 all:159 format!:194 root_id:195' ;;
  197) keys='config!:170 kallsyms!:170 release!:221' ;;
  198) keys='opcodes!:198 linum!:198 visual!:198' ;;
  199) keys='opcodes!:199 linum!:199' ;;
  200) lists='none' next=222 ;;
  201) keys='data_out!:223 ctx_in!:224 repeat!:225' ;;
  202) lists='none' next=226 ;;
  203) lists='byte' next=204 ;;
  204) keys='key!:181 value!:182 any:146 exist:146 noexist:146' lists='byte' next=204 ;;
  205) lists='byte' next=209 ;;
  206) lists='map-id prog-id' next=146 ;;
  207) lists='map-name prog-name' next=146 ;;
  208) lists='prog-tag' next=146 ;;
  209) keys='key!:181 value!:182 any:146 exist:146 noexist:146' lists='byte' next=209 ;;
  210) lists='byte' next=210 ;;
  211) lists='byte' next=211 ;;
  212) lists='byte' next=212 ;;
  213) keys='index:129' ;;
  214) lists='byte' next=214 ;;
  215) lists='map-id prog-id' next=2 ;;
  216) lists='map-name prog-name' next=2 ;;
  217) lists='byte' next=217 ;;
  218) keys='multi:2 override:2' ;;
  219) lists='device' next=227 ;;
  220) keys='format!:194 root_id:195 unsorted:159' ;;
  221) lists='none' next=197 ;;
  222) keys='id:228 pinned:70 name:229' ;;
  223) lists='file' next=230 ;;
  224) lists='file' next=231 ;;
  225) lists='none' next=201 ;;
  226) keys='value:232' ;;
  227) keys='overwrite:2 prepend:2' ;;
  228) lists='map-id' next=141 ;;
  229) lists='map-name' next=141 ;;
  230) keys='data_out!:223 ctx_in!:224 repeat!:225 data_size_out:225' ;;
  231) keys='data_out!:223 ctx_in!:224 repeat!:225 ctx_out:233' ;;
  232) lists='none' next=234 ;;
  233) lists='file' next=235 ;;
  234) keys='entries:236' ;;
  235) keys='data_out!:223 ctx_in!:224 repeat!:225 ctx_size_out:225' ;;
  236) lists='none' next=237 ;;
  237) keys='name:238' ;;
  238) lists='none' next=239 ;;
  239) keys='flags!:238 inner_map!:240 offload_dev!:241' ;;
  240) keys='id:242 pinned:243 name:244' ;;
  241) lists='device' next=239 ;;
  242) lists='map-id' next=239 ;;
  243) lists='pin' next=239 ;;
  244) lists='map-name' next=239 ;;
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
