"""How the cost of apkkey grows: with the size of an APK from 50 KB to 1 GB, and with the number of files from 1 to 1,000.

usage: python3 benches/growth.py [RUNS]      needs a release build; prints medians
"""
import multiprocessing, os, random, shutil, statistics, subprocess, sys, tempfile, time, zipfile

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
APKKEY = os.path.join(ROOT, 'target/release/apkkey')
TOKEN_KEY = '--token-key=' + os.path.join(ROOT, 'fixtures/keys/token-test-key.pub.pem')
os.environ['APKKEY_KS_PASS'] = 'storepass'


def timed(arguments):
    """Median milliseconds and the peak of memory in MB, after one run that is not counted."""
    def once():
        start = time.perf_counter()
        child = subprocess.Popen([APKKEY, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, arguments
        return (time.perf_counter() - start) * 1000, usage.ru_maxrss / 1024
    once()
    runs = [once() for _ in range(RUNS)]
    return statistics.median(run[0] for run in runs), max(run[1] for run in runs)


def made(name, megabytes):
    """In a process of its own: what this one holds would count as memory of its children."""
    maker = multiprocessing.Process(target=make, args=(name, megabytes))
    maker.start()
    maker.join()


def make(name, megabytes):
    """The demo app with so many MB of stored media, aligned and signed with v2 and v3."""
    shutil.copy(os.path.join(ROOT, 'fixtures/apk/demo-nokey-unsigned.apk'), 'unsigned.apk')
    with zipfile.ZipFile('unsigned.apk', 'a') as archive:
        for n in range(0, megabytes, 10):
            archive.writestr(zipfile.ZipInfo(f'assets/media{n}.bin'), random.randbytes(min(10, megabytes - n) << 20))
    subprocess.run([APKKEY, 'inject', 'unsigned.apk', '--api-key', 'release.txt', TOKEN_KEY, '--ks', 'release.jks',
                    '--min-sdk-version', '28', '--v1-signing-enabled=false', '--out', name], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main():
    random.seed(1)
    work = tempfile.mkdtemp()
    os.chdir(work)
    try:
        for name in ['keystore/release.jks', 'token/release.txt']:
            shutil.copy(os.path.join(ROOT, 'fixtures', name), '.')
        print(f'median of {RUNS}; APKs signed with v2 and v3')
        print('| APK | fingerprint | verify | inject and sign | memory |')
        print('| ---: | ---: | ---: | ---: | ---: |')
        for megabytes in [0, 1, 10, 100, 1000]:
            made('app.apk', megabytes)
            size = os.path.getsize('app.apk')
            jobs = [['fingerprint', 'app.apk'], ['verify', 'app.apk', TOKEN_KEY, '--min-sdk-version', '28'],
                    ['inject', 'app.apk', '--api-key', 'release.txt', TOKEN_KEY, '--ks', 'release.jks', '--min-sdk-version', '28',
                     '--v1-signing-enabled=false', '--out', 'out.apk']]
            cells = [timed(job) for job in jobs]
            shown = f'{size >> 20} MB' if size >> 20 else f'{size >> 10} KB'
            print(f'| {shown} | ' + ' | '.join(f'{ms:.1f} ms' for ms, _ in cells) + f' | {max(mb for _, mb in cells):.0f} MB |', flush=True)
        made('app.apk', 0)
        names = [f'{n}.apk' for n in range(1000)]
        for name in names:
            shutil.copy('app.apk', name)
        print('\n| files | verify | for each | memory |')
        print('| ---: | ---: | ---: | ---: |')
        for count in [1, 10, 100, 1000]:
            ms, mb = timed(['verify', TOKEN_KEY, '--min-sdk-version', '28', *names[:count]])
            print(f'| {count} | {ms:.1f} ms | {ms / count:.2f} ms | {mb:.0f} MB |', flush=True)
    finally:
        shutil.rmtree(work)


main()
