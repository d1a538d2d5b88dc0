# A small disk is mounted over a folder, with all that was there, and an old image takes what is left of it.
# The mount behind it stays in reach through $behind, so that mending brings back what was changed meanwhile.
image="$path/old-image.img"
behind="/run/edgebook-disk-full$path"
mounted() { [ "$(findmnt --noheadings --output SOURCE --mountpoint "$path" | tail -n 1)" = edgebook-small ]; }
broken() { [ -e "$image" ] && mounted; }
put() {
  mounted && mend
  mkdir -p "$path" "$behind"
  used_kb=$(du -sxk "$path" | cut -f 1)
  [ "$used_kb" -lt $((size_mb * 512)) ] || { echo "$path holds $used_kb KB: say more with -o size_mb=" >&2; return 3; }
  mount --bind "$path" "$behind"
  mount --make-private "$behind" # else what is mounted over the one appears over the other
  mount -t tmpfs -o "size=${size_mb}m,mode=$(stat -c %a "$path")" edgebook-small "$path"
  cp -a "$behind/." "$path/"
  free_now_kb=$(df -k --output=avail "$path" | tail -n 1)
  head -c $(((free_now_kb - free_mb * 1024) * 1024)) /dev/zero > "$image"
}
mend() {
  mounted || return 0
  rm -f "$image"
  find "$behind" -xdev -mindepth 1 -delete
  cp -a "$path/." "$behind/"
  umount --lazy "$path"
  umount --lazy "$behind"
  rmdir -p --ignore-fail-on-non-empty "$behind" 2>/dev/null || true
}
