import Arithmetic
import Paillier
import TestSupport

/// Safe primes found once (openssl prime -generate -safe), so that no test waits for them. They protect nothing.
enum ThresholdTestKeys {
    static let bits = 512
    static let p = BigInteger(hex: "C59D5E6925F1C53A761B1C7D096DD7395E47E71A0735EA0AB55049151E2D9DFB")!
    static let q = BigInteger(hex: "D3C02AB7BC1DE996A6BBBB01FFEFED4A070BA55FE5F6C1774E4D9B87A4C5CD77")!

    static let largeP = BigInteger(
        hex: """
            F597A25D2F484F0EA2CDB21075A52C8E202D202BFA89E217A70AEA0AAA02798B32615D0915D788455B9FE5D62532456A770B154D1272E8A0D4380BCA4C4D3BE5\
            C3EE6C2B161A32A50C48B8473E17C856F5DD55D9FB8FFA68912493FD84AFBBD0AE7F4BA15697ACF107DA30DFFA1BB58F866B8A3F773FAC3E41AD5640D05CB28F
            """)!
    static let largeQ = BigInteger(
        hex: """
            FF781C4BF79053BDC02F00B23917F0452DB2CE8E5F9F09CDF18B77899F327A54E28AF7F04479DB37A28D187A184721E9C51ECDFAC35575C0EB8F5055AB94BF7E\
            05BE2D1E0AE329AD543A2B8E494BDF1B5A062BBC381C0815B37C7F1AC7CE11D461C3EBB6A7CAC3DAE04C5E8C3A4350CB1276FB44799C64F2FC383E6E474818CB
            """)!

    static func deal(_ threshold: Int, of parties: Int, scheme: PaillierPublicKey.Scheme = .djn, seed: UInt64 = 1) throws
        -> PaillierThresholdKey.Dealt
    {
        try PaillierThresholdKey.deal(
            p: p, q: q, threshold: threshold, parties: parties, scheme: scheme, allowedBits: [bits], threads: 1,
            random: SeededRandom(seed))
    }
}
