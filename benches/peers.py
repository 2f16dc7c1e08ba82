"""Times apkkey beside the tools that people use today. Run by peers.sh.

Each pair is run in turn (ours, theirs, ours, theirs ...) after one uncounted run each; the medians and their ratio are
printed, and the peak memory of the largest process of each side.
"""
import base64, multiprocessing, os, random, shutil, statistics, subprocess, sys, tempfile, time, zipfile

RUNS = int(sys.argv[1])
ONLY = sys.argv[2] if len(sys.argv) > 2 else ''
ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
APKKEY = os.path.join(ROOT, 'target/release/apkkey')
TOKEN_KEY = '--token-key=' + os.path.join(ROOT, 'fixtures/keys/token-test-key.pub.pem')
os.environ.update(APKKEY_KS_PASS='storepass', KS_PASS='storepass')


def app(name, media=0, library=0, text=0, small=0):
    """The demo app with so many MB of stored media, a stored library, text that deflates to three quarters, and small files."""
    random.seed(1)
    with zipfile.ZipFile('demo.apk') as old, zipfile.ZipFile(name, 'w') as new:
        for entry in old.infolist():
            new.writestr(entry, old.read(entry))
        if library:
            new.writestr(zipfile.ZipInfo('lib/arm64-v8a/liblarge.so'), random.randbytes(library << 20))
        for n in range(media // 10):
            new.writestr(zipfile.ZipInfo(f'assets/media{n}.bin'), random.randbytes(10 << 20))
        for n in range(text // 28):
            new.writestr(f'assets/text{n}.bin', base64.encodebytes(random.randbytes(21 << 20)), zipfile.ZIP_DEFLATED)
        for n in range(small):
            new.writestr(f'res/small{n}.xml', random.randbytes(400).hex(), zipfile.ZIP_DEFLATED)
    subprocess.run(['zipalign', '-f', '4', name, 'aligned.apk'], check=True)
    os.replace('aligned.apk', name)


def bundle(name, media):
    """The demo bundle, not signed, with so many MB of stored media."""
    random.seed(1)
    shutil.copy('demo.aab', name)
    with zipfile.ZipFile(name, 'a') as archive:
        for n in range(media // 10):
            archive.writestr(zipfile.ZipInfo(f'base/assets/media{n}.bin'), random.randbytes(10 << 20))


def signed(source, name, min_sdk, v1):
    subprocess.run(['apksigner', 'sign', '--ks', 'release.jks', '--ks-pass', 'env:KS_PASS', '--v4-signing-enabled', 'false',
                    '--min-sdk-version', str(min_sdk), '--v1-signing-enabled', v1, '--out', name, source], check=True)


def once(command):
    """Wall seconds and peak kilobytes of a command, its children included. Old output is not there to be replaced."""
    for name in ['ours.apk', 'o.apk', 't.apk', 'u.apk', 'o.aab']:
        if os.path.exists(name):
            os.remove(name)
    start = time.perf_counter()
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return time.perf_counter() - start, usage.ru_maxrss


def row(label, ours, theirs):
    if ONLY not in label:
        return
    ours = [APKKEY, *ours]
    theirs = theirs if isinstance(theirs, list) else ['sh', '-c', theirs]
    once(ours), once(theirs)
    pairs = [(once(ours), once(theirs)) for _ in range(RUNS)]
    median = lambda side, what: statistics.median(pair[side][what] for pair in pairs)
    a, b = median(0, 0), median(1, 0)
    print(f'| {label} | {a:.3f} s | {b:.3f} s | {b / a:.1f} | {median(0, 1) / 1024:.0f} MB | {median(1, 1) / 1024:.0f} MB |', flush=True)


def main():
    work = tempfile.mkdtemp()
    os.chdir(work)
    try:
        for name in ['apk/demo-nokey-unsigned.apk', 'keystore/release.jks', 'keystore/keytool-17.p12', 'token/release.txt', 'aab/demo-unsigned.aab']:
            shutil.copy(os.path.join(ROOT, 'fixtures', name), '.')
        os.rename('demo-nokey-unsigned.apk', 'demo.apk')
        os.rename('demo-unsigned.aab', 'demo.aab')
        # in processes of their own: what this one holds would count as memory of its children
        for sizes in [dict(name='small.apk', small=60), dict(name='big.apk', media=90, library=20, text=168, small=2000), dict(name='giant.apk', media=1000)]:
            maker = multiprocessing.Process(target=app, kwargs=sizes)
            maker.start()
            maker.join()
        for name in ['small', 'big']:
            signed(f'{name}.apk', f'{name}-v123.apk', 21, 'true')
            signed(f'{name}.apk', f'{name}-v23.apk', 28, 'false')
        signed('giant.apk', 'giant-v23.apk', 28, 'false')
        maker = multiprocessing.Process(target=bundle, args=('big.aab', 100))
        maker.start()
        maker.join()
        subprocess.run([APKKEY, 'sign', 'big.aab', '--ks', 'release.jks', '--out', 'signed.aab'], check=True, stderr=subprocess.DEVNULL)
        os.makedirs('assets', exist_ok=True)
        shutil.copy('release.txt', 'assets/api_key.txt')
        rows()
    finally:
        shutil.rmtree(work)


CHAIN = ('cp {0}.apk t.apk && zip -q -d t.apk "META-INF/*" >/dev/null 2>&1; zip -q -u t.apk assets/api_key.txt && zipalign -f -p 4 t.apk u.apk '
         '&& apksigner sign --ks release.jks --ks-pass env:KS_PASS --v4-signing-enabled false --min-sdk-version {1} --v1-signing-enabled {2} --out o.apk u.apk')


def rows():
    print(f'median of {RUNS}; small = {os.path.getsize("small.apk") >> 10} KB, big = {os.path.getsize("big.apk") >> 20} MB, '
          f'giant = {os.path.getsize("giant.apk") >> 20} MB')
    print('| command | apkkey | other | ratio | apkkey | other |')
    print('| --- | ---: | ---: | ---: | ---: | ---: |')
    row('fingerprint JKS / keytool -list -v', ['fingerprint', 'release.jks'], ['keytool', '-list', '-v', '-keystore', 'release.jks', '-storepass:env', 'KS_PASS'])
    row('fingerprint PKCS12 / keytool -list -v', ['fingerprint', 'keytool-17.p12'], ['keytool', '-list', '-v', '-keystore', 'keytool-17.p12', '-storepass:env', 'KS_PASS'])
    for name in ['small-v123', 'big-v23', 'giant-v23']:
        row(f'fingerprint {name} / apksigner verify --print-certs', ['fingerprint', f'{name}.apk'], ['apksigner', 'verify', '--print-certs', f'{name}.apk'])
    for name in ['small-v123', 'big-v23', 'big-v123']:
        row(f'verify {name} / apksigner verify', ['verify', f'{name}.apk', TOKEN_KEY], ['apksigner', 'verify', f'{name}.apk'])
    for name in ['big-v23', 'big-v123']:
        row(f'verify {name} / sha256sum', ['verify', f'{name}.apk', TOKEN_KEY], ['sha256sum', f'{name}.apk'])
        row(f'verify {name} / openssl dgst -sha256', ['verify', f'{name}.apk', TOKEN_KEY], ['openssl', 'dgst', '-sha256', f'{name}.apk'])
    for name in ['small', 'big']:
        for schemes, min_sdk, v1 in [('v1+v2+v3', 21, 'true'), ('v2+v3', 28, 'false')]:
            ours = ['inject', f'{name}.apk', '--api-key', 'release.txt', TOKEN_KEY, '--ks', 'release.jks', '--min-sdk-version', str(min_sdk), f'--v1-signing-enabled={v1}', '--out', 'ours.apk']
            row(f'inject and sign {name} {schemes} / zip, zipalign, apksigner', ours, CHAIN.format(name, min_sdk, v1))
            if name == 'big':
                row(f'inject and sign {name} {schemes} / cp, sync, SHA-256 on two cores', ours, 'cp big.apk t.apk && sync t.apk && sh -c "head -c 120000000 big.apk | openssl dgst -sha256 & tail -c +120000001 big.apk | openssl dgst -sha256; wait"')
    row('verify a bundle of 100 MB / jarsigner -verify', ['verify', 'signed.aab', TOKEN_KEY], ['jarsigner', '-verify', 'signed.aab'])
    row('sign a bundle of 100 MB / cp, jarsigner', ['sign', 'big.aab', '--ks', 'release.jks', '--out', 'o.aab'],
        'rm -f o.aab t.aab; cp big.aab t.aab && jarsigner -keystore release.jks -storepass:env KS_PASS t.aab release')
    row('inject big without signing / zip -u, zipalign', ['inject', 'big.apk', '--api-key', 'release.txt', TOKEN_KEY, '--out', 'ours.apk'],
        'cp big.apk t.apk && zip -q -u t.apk assets/api_key.txt && zipalign -f 4 t.apk u.apk')


main()
