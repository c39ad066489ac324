#!/bin/sh
# usage: build-openssl.sh DIRECTORY [CC] [OBJCOPY]
# Puts the libssl.a and libcrypto.a of a TLS client into DIRECTORY: of the version that libssl-dev has, from its source package, without the
# algorithms and protocols that TLS 1.2 and 1.3 do not negotiate. Takes a minute; done once for each version of OpenSSL, of gcc and of this file.
# Where there is no source package to be had, the distribution's own libraries serve, without their unwind tables: 1,359,296 bytes more in the
# program, 1.4 MB more memory; the next publish tries again.
set -eu
directory=$1 cc=${2:-gcc} objcopy=${3:-objcopy}
version=$(dpkg-query -W -f '${source:Version}' libssl-dev 2>/dev/null || echo none)
key="$version $($cc -dumpfullversion) $($cc -dumpmachine) $(sha256sum <"$0")"
mkdir -p "$directory"
cd "$directory"
[ "$(cat key 2>/dev/null)" != "$key" ] || exit 0
rm -rf key build && mkdir -p build/apt/sources build/apt/lists/partial

# The source lists of this machine with deb-src for deb, in a directory of our own: the machine's lists stay as they are.
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ ! -f "$list" ] || sed -n 's/^deb\(-src\)\{0,1\} /deb-src /p' "$list" >"build/apt/sources/$(basename "$list" .list).list"
done
for list in /etc/apt/sources.list.d/*.sources; do
  [ ! -f "$list" ] || sed 's/^Types:.*/Types: deb-src/' "$list" >"build/apt/sources/$(basename "$list")"
done
apt=$PWD/build/apt
apt() {
  apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources" -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt" \
    -o APT::Sandbox::User= "$@"
}

# fetch : the release as OpenSSL published it, checked by apt against the signed index.
fetch() {
  apt update || echo "build-openssl.sh: some package lists were not read" >&2
  (cd build && apt source --download-only --tar-only "openssl=$version" && mkdir source && tar -xzf openssl_*.orig.tar.gz -C source --strip-components=1)
}

# compile : sections of their own and no unwind tables, so that the linker takes function by function and nothing beside it.
compile() {
  mkdir build/objects
  cd build/objects
  # openssldir: where most images keep their authorities. autoload-config: an image's openssl.cnf may name modules, which a static file cannot open.
  # The security level is the one that Debian and Ubuntu compile in.
  CC=$cc ../source/Configure --openssldir=/etc/ssl \
    no-shared no-module no-dso no-engine no-legacy no-tests no-makedepend no-autoload-config no-ui-console no-async no-err \
    no-ssl3 no-tls1 no-tls1_1 no-dtls no-srtp no-srp no-psk no-nextprotoneg no-comp no-ct no-multiblock \
    no-cms no-cmp no-ts no-rfc3779 \
    no-aria no-bf no-blake2 no-camellia no-cast no-des no-ec2m no-gost no-idea no-md4 no-mdc2 no-ocb no-rc2 no-rc4 no-rmd160 no-scrypt no-seed \
    no-siphash no-siv no-sm2 no-sm3 no-sm4 no-whirlpool \
    CFLAGS="-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -DOPENSSL_TLS_SECURITY_LEVEL=2" &&
    make -j"$(nproc)" build_generated libcrypto.a libssl.a &&
    mv libcrypto.a libssl.a "$OLDPWD"
}

if [ "$version" != none ] && fetch >build.log 2>&1 && (compile) >>build.log 2>&1; then
  rm -rf build
  echo "$key" >key
else
  echo "build-openssl.sh: OpenSSL $version was not built (see $PWD/build.log); linking the distribution's, 1.4 MB larger" >&2
  for library in ssl crypto; do
    $objcopy --remove-section .eh_frame "$($cc -print-file-name=lib$library.a)" lib$library.a
  done
fi
