import SandboxCore

extension Correlation {
    var ring: Ring? {
        switch self {
        case .products(let ring), .squares(let ring), .bits(let ring), .bitElementProducts(let ring),
            .matrixProducts(let ring, _, _, _), .privateMatrixProducts(let ring, _, _, _), .permutation(let ring, _, _, _):
            ring
        case .bitProducts, .bitProductPairs, .privateBitProducts, .privateBitBytes: nil
        }
    }

    /// Whether every section is an additive share of ring elements, so that more than two parties can hold one.
    package var isAdditive: Bool {
        switch self {
        case .products, .squares, .matrixProducts: true
        default: false
        }
    }

    /// Throws `.range` for a request that no dealer serves, before anything is allocated: no item, an empty matrix or
    /// permutation, more than 2^27 words of one item or 2^37 of all, or a kind that only two parties can hold.
    package func requireDealable(count: Int, among parties: Int) throws {
        let sizes: [Int] =
            switch self {
            case .matrixProducts(_, let rows, let inner, let columns), .privateMatrixProducts(_, let rows, let inner, let columns):
                [rows, inner, columns]
            case .permutation(_, _, let rows, let width): [rows, width]
            default: []
            }
        guard count >= 1, sizes.allSatisfy({ $0 >= 1 && $0 <= Self.maximumDimension }) else {
            throw YinheError(
                .range, "a request for \(count) items of \(name)", remedy: "ask for at least one item, of 1 to 2^28 rows and columns")
        }
        guard let words = wordsPerItem, words <= Dealer.maximumItemWords else {
            throw YinheError(
                .range, "one item of \(name) takes more than the \(Dealer.maximumItemWords) words that a dealer makes at once",
                remedy: "compute over fewer rows at a time")
        }
        guard count <= Dealer.maximumRequestWords / words else {
            throw YinheError(
                .range, "\(count) items of \(name) take more than the \(Dealer.maximumRequestWords) words of one request",
                remedy: "ask for fewer items at a time")
        }
        guard parties == 2 || isAdditive else {
            throw YinheError(
                .range, "\(name) exists for two parties only, \(parties) take part", remedy: "use products, squares or matrices")
        }
    }
}
