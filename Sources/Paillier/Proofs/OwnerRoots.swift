import Arithmetic
import SandboxCore

/// Roots modulo n and n-th powers modulo n^2, by the two primes; exponentiations in constant time.
struct OwnerRoots: Sendable {
    private let key: PaillierPrivateKey
    private let p: Side
    private let q: Side
    private let pInverse: BigInteger

    private struct Side: Sendable {
        let prime: BigInteger
        let field: SecretPower
        let square: SecretPower
        /// 1 / n modulo prime - 1.
        let nthRoot: BigInteger
        /// ((prime + 1) / 4)^2 modulo prime - 1.
        let fourthRoot: BigInteger
        let isThreeModuloEight: Bool

        init?(_ side: PaillierPrivateKey.PrimeSide, _ n: BigInteger) {
            prime = side.prime
            let order = prime - .one
            guard let inverse = n.modulo(order).inverse(modulo: order) else { return nil }
            nthRoot = inverse
            field = SecretPower(modulus: prime)
            square = SecretPower(modulus: side.squared)
            let quarter = (prime + .one) >> 2
            fourthRoot = (quarter * quarter).modulo(order)
            isThreeModuloEight = prime.modulo(word: 8) == 3
        }

        /// The fourth root, a square itself, of y or of -y, whichever is a square; for prime = 3 modulo 4. With
        /// s = y^(((prime + 1) / 4)^2): s^4 is y or -y, and s is a square but for a non-square y and prime = 3 modulo 8.
        func fourthRoot(_ y: BigInteger) -> BigInteger {
            let y = y.modulo(prime), s = field.power(y, fourthRoot)
            let square = (s * s).modulo(prime)
            let isOfY = (square * square).modulo(prime) == y
            return !isOfY && isThreeModuloEight ? prime - s : s
        }
    }

    init(_ key: PaillierPrivateKey) throws {
        let n = key.publicKey.n
        guard let p = Side(key.p, n), let q = Side(key.q, n), let inverse = key.p.prime.inverse(modulo: key.q.prime) else {
            throw YinheError(
                .badInput, "not a Paillier key: n and phi(n) share a factor", remedy: "make a new key; this one cannot decrypt rightly")
        }
        self.key = key
        self.p = p
        self.q = q
        pInverse = inverse
    }

    /// z with z^n = y mod n, for a unit y.
    func nthRoot(_ y: BigInteger) -> BigInteger {
        join(p.field.power(y.modulo(p.prime), p.nthRoot), q.field.power(y.modulo(q.prime), q.nthRoot))
    }

    /// For primes that are 3 modulo 4 and y of Jacobi symbol 1: the fourth root, a square itself, of y or of -y. Which one it is
    /// becomes public.
    func fourthRoot(_ y: BigInteger) -> (root: BigInteger, isNegated: Bool) {
        let n = key.publicKey.n, root = join(p.fourthRoot(y), q.fourthRoot(y))
        let square = (root * root).modulo(n)
        return (root, (square * square).modulo(n) != y)
    }

    /// s^n mod n^2, for a secret unit s.
    func nthPower(_ s: BigInteger) -> BigInteger {
        key.joinSquares(p.square.power(s, key.publicKey.n), q.square.power(s, key.publicKey.n))
    }

    private func join(_ x: BigInteger, _ y: BigInteger) -> BigInteger {
        x + p.prime * ((y - x) * pInverse).modulo(q.prime)
    }
}
