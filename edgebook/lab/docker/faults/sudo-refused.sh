# sudo wants a password from the user, who has none.
rights=/etc/sudoers.d/edge
broken() { ! grep -q NOPASSWD "$rights"; }
put() { printf 'edge ALL=(ALL) ALL\n' > "$rights"; }
mend() { printf 'edge ALL=(ALL) NOPASSWD:ALL\n' > "$rights"; }
