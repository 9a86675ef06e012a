"""OpenFHE's CKKS on random numbers: sets up, then does the operation of each line once.

    python openfhe_ckks.py JOB

JOB is JSON as xtask/src/peers/ckks/job.rs writes it. Says in JSON, a line each: what was set up;
for each line of input (encode, encrypt, add, multiply-plain, multiply, rotate or bootstrap) the
time and the precision; after the line `end` its peak memory. Needs openfhe and
numpy; OMP_NUM_THREADS says how many threads there are.
"""
import importlib.metadata
import json
import sys
import time

import numpy
import openfhe

# Levels that coefficients to slots and slots to coefficients may take.
BUDGET = [3, 3]
# The largest number of bits of the first prime where bootstrapping is.
FIRST_BITS = 60


def say(answer):
    print(json.dumps(answer), flush=True)


def memory(name):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
    return 0


def parameters(job, secret, technique, bits, depth, digits):
    first_bits, scale_bits = bits
    params = openfhe.CCParamsCKKSRNS()
    params.SetSecretKeyDist(secret)
    level = openfhe.HEStd_NotSet if job["insecure"] else openfhe.HEStd_128_classic
    params.SetSecurityLevel(level)
    params.SetRingDim(1 << job["log_degree"])
    params.SetBatchSize(1 << (job["log_degree"] - 1))
    params.SetScalingTechnique(technique)
    params.SetFirstModSize(first_bits)
    params.SetScalingModSize(scale_bits)
    params.SetMultiplicativeDepth(depth)
    params.SetKeySwitchTechnique(openfhe.HYBRID)
    params.SetNumLargeDigits(digits)
    return params


def context(params):
    made = openfhe.GenCryptoContext(params)
    features = [openfhe.PKE, openfhe.KEYSWITCH, openfhe.LEVELEDSHE]
    for feature in features + [openfhe.ADVANCEDSHE, openfhe.FHE]:
        made.Enable(feature)
    return made


class Base:
    def numbers(self, job):
        self.slots = 1 << (job["log_degree"] - 1)
        generator = numpy.random.default_rng()
        self.x, self.y = generator.uniform(-1, 1, (2, self.slots))

    def setup(self, first_bits, scale_bits, depth, digits):
        return {
            "version": importlib.metadata.version("openfhe"),
            "primes": depth + 1,
            "log_modulus": first_bits + depth * scale_bits,
            "scale_bits": scale_bits,
            "digits": digits,
            "rotation_key_bytes": 0,
            "relinearization_key_bytes": 0,
            "key_bytes": 0,
            "matrix_bytes": 0,
        }

    def timed(self, work, expected, encoded=False):
        start = time.perf_counter()
        found = work()
        seconds = time.perf_counter() - start
        if encoded:
            # A plaintext keeps the numbers that it was made from: a decrypted one does not.
            found = self.context.Encrypt(self.keys.publicKey, found)
        plain = self.context.Decrypt(found, self.keys.secretKey)
        plain.SetLength(self.slots)
        errors = numpy.abs(plain.GetRealPackedValueArray() - expected)
        return {
            "milliseconds": 1e3 * seconds,
            "mean_bits": -float(numpy.log2(max(errors.mean(), 1e-18))),
            "worst_bits": -float(numpy.log2(max(errors.max(), 1e-18))),
        }, found


class Operations(Base):
    def __init__(self, job):
        work = job["work"]
        bits = work["first_bits"], work["scale_bits"]
        depth, digits = work["levels"], work["digits"]
        # It rescales on request, and does nothing by itself.
        technique = openfhe.FIXEDMANUAL
        secret = openfhe.UNIFORM_TERNARY
        cc = context(parameters(job, secret, technique, bits, depth, digits))
        self.context, self.keys = cc, cc.KeyGen()
        cc.EvalMultKeyGen(self.keys.secretKey)
        cc.EvalRotateKeyGen(self.keys.secretKey, [1])
        self.numbers(job)
        plain = [cc.MakeCKKSPackedPlaintext(values) for values in (self.x, self.y)]
        self.a, self.b = [cc.Encrypt(self.keys.publicKey, each) for each in plain]
        self.plain = plain[1]
        binary = openfhe.BINARY
        self.answer = self.setup(*bits, depth, digits) | {
            "rotation_key_bytes": len(openfhe.SerializeEvalAutomorphismKeyString(binary)),
            "relinearization_key_bytes": len(openfhe.SerializeEvalMultKeyString(binary)),
        }

    def time(self, operation):
        cc, a, b, plain = self.context, self.a, self.b, self.plain
        x, y = self.x, self.y
        if operation == "encode":
            return self.timed(lambda: cc.MakeCKKSPackedPlaintext(y), y, encoded=True)[0]
        work, expected = {
            "encrypt": (lambda: cc.Encrypt(self.keys.publicKey, plain), y),
            "add": (lambda: cc.EvalAdd(a, b), x + y),
            "multiply-plain": (lambda: cc.EvalMult(a, plain), x * y),
            "multiply": (lambda: cc.Rescale(cc.EvalMult(a, b)), x * y),
            "rotate": (lambda: cc.EvalRotate(a, 1), numpy.roll(x, -1)),
        }[operation]
        return self.timed(work, expected)[0]


class Bootstrap(Base):
    def __init__(self, job):
        work = job["work"]
        slots_first = work["variant"] == "stc-first"
        self.levels, digits = work["levels"], work["digits"]
        secret = openfhe.SPARSE_ENCAPSULATED
        # One more: a bootstrapping needs a level to begin with.
        depth = openfhe.CryptoContext.GetBootstrapDepth(BUDGET, secret) + 1 + self.levels
        self.numbers(job)
        cc, bits = self.longest_scale(job, secret, depth, slots_first)
        self.context = cc
        before = memory("VmRSS")
        cc.EvalBootstrapSetup(BUDGET, [0, 0], self.slots, 0, True, slots_first)
        encoded = memory("VmRSS")
        self.keys = cc.KeyGen()
        cc.EvalMultKeyGen(self.keys.secretKey)
        cc.EvalBootstrapKeyGen(self.keys.secretKey, self.slots)
        self.answer = self.setup(*bits, depth, digits) | {
            "matrix_bytes": encoded - before,
            "key_bytes": memory("VmRSS") - encoded,
        }
        # The lowest level that it begins at.
        self.input_level = depth - 1 - (BUDGET[1] if slots_first else 0)
        plain = cc.MakeCKKSPackedPlaintext(self.x, 1, self.input_level)
        self.a = cc.Encrypt(self.keys.publicKey, plain)

    def longest_scale(self, job, secret, depth, slots_first):
        """Its precision grows with its scale: as long as 128 bits of security allow."""
        # The technique that its ordinary bootstrapping needs at such scales, and that leaves most
        # bits in the other.
        technique, digits = openfhe.FLEXIBLEAUTO, job["work"]["digits"]
        for scale_bits in range(50 if job["insecure"] else 59, 30, -1):
            bits = FIRST_BITS, scale_bits
            try:
                cc = context(parameters(job, secret, technique, bits, depth, digits))
            except RuntimeError as error:
                if "HE standards" not in str(error):
                    raise
                continue
            # The correction factor lies between message and first prime; a longer first prime is refused.
            cc.EvalBootstrapSetup(BUDGET, [0, 0], self.slots, 0, False, slots_first)
            highest = scale_bits + cc.GetCKKSBootCorrectionFactor()
            if highest < FIRST_BITS:
                bits = highest, scale_bits
                cc = context(parameters(job, secret, technique, bits, depth, digits))
            return cc, bits
        raise SystemExit("no scale is short enough for 128 bits of security")

    def time(self, operation):
        if operation != "bootstrap":
            raise SystemExit("this process was set up to bootstrap")
        answer, found = self.timed(lambda: self.context.EvalBootstrap(self.a), self.x)
        # A product that was not rescaled yet takes one more.
        level = found.GetLevel() + found.GetNoiseScaleDeg() - 1
        left = self.input_level - level
        if left != self.levels:
            raise SystemExit(f"{left} levels between bootstraps instead of {self.levels}")
        return answer


def main():
    begun = time.perf_counter()
    job = json.loads(sys.argv[1])
    kinds = {"operations": Operations, "bootstrap": Bootstrap}
    worker = kinds[job["work"]["kind"]](job)
    say(worker.answer | {"seconds": time.perf_counter() - begun})
    for line in sys.stdin:
        if line.strip() == "end":
            break
        say(worker.time(line.strip()))
    say({"peak_bytes": memory("VmHWM")})


main()
