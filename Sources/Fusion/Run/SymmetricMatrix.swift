/// A small real symmetric matrix, row-major, for the normal equations of a regression.
struct SymmetricMatrix {
    let order: Int
    private(set) var elements: [Double]

    init(order: Int) {
        self.order = order
        elements = [Double](repeating: 0, count: order * order)
    }

    /// Setting an element sets its mirror image.
    subscript(i: Int, j: Int) -> Double {
        get { elements[i * order + j] }
        set {
            elements[i * order + j] = newValue
            elements[j * order + i] = newValue
        }
    }

    /// Eigenvalues, and eigenvectors as `vectors[k]`, by Jacobi's rotations (G. Golub, C. Van Loan, "Matrix Computations", 8.5):
    /// cyclic sweeps until what is off the diagonal is rounding error. Order^3 per sweep, some ten sweeps.
    func eigen() -> (values: [Double], vectors: [[Double]]) {
        var a = self
        var vectors = (0..<order).map { k in (0..<order).map { $0 == k ? 1.0 : 0 } }
        let scale = elements.map { $0 * $0 }.reduce(0, +)
        for _ in 0..<60 {
            var outside = 0.0
            for p in 0..<order { for q in 0..<p { outside += a[p, q] * a[p, q] } }
            if outside <= scale * 0x1p-104 { break }
            for p in 0..<order { for q in (p + 1)..<max(order, p + 1) where a[p, q] != 0 { a.rotate(p, q, &vectors) } }
        }
        return ((0..<order).map { a[$0, $0] }, vectors)
    }

    /// Makes element (p, q) zero.
    private mutating func rotate(_ p: Int, _ q: Int, _ vectors: inout [[Double]]) {
        let theta = (self[q, q] - self[p, p]) / (2 * self[p, q])
        let t = (theta < 0 ? -1.0 : 1.0) / (theta.magnitude + (theta * theta + 1).squareRoot())
        let c = 1 / (t * t + 1).squareRoot(), s = t * c
        let (app, aqq, apq) = (self[p, p], self[q, q], self[p, q])
        for k in 0..<order where k != p && k != q {
            let (akp, akq) = (self[k, p], self[k, q])
            self[k, p] = c * akp - s * akq
            self[k, q] = s * akp + c * akq
        }
        self[p, p] = app - t * apq
        self[q, q] = aqq + t * apq
        self[p, q] = 0
        for k in 0..<order {
            let (vp, vq) = (vectors[p][k], vectors[q][k])
            vectors[p][k] = c * vp - s * vq
            vectors[q][k] = s * vp + c * vq
        }
    }
}
