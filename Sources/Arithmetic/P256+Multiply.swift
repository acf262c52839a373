import CKernels
import COpenSSL
import SandboxCore

extension P256 {
    /// Replaces every point by `scalar` times it. Constant time in the scalar.
    package static func multiply(
        _ points: UnsafeMutableBufferPointer<Point>, by scalar: P256SecretScalar, kernels: Kernels = .best
    ) {
        guard points.count > 0 else { return }
        // The fast additions do not cover scalars next to 0 and n, which no random scalar is (probability 2^-250): this branch
        // tells nothing about the others.
        if let multiply = kernels.table.pointee.multiply, !scalar.isExtreme {
            scalar.withUnsafeBytes { k in
                let p = points.baseAddress!
                multiply(p, p, points.count, k.baseAddress!.assumingMemoryBound(to: UInt8.self))
            }
        } else {
            multiplyByOpenSSL(points, by: scalar)
        }
    }

    /// The same through EC_POINT_mul, which for this curve and one point is OpenSSL's constant-time windowed multiplication.
    /// Group, contexts and numbers are made once per call and belong to the calling thread.
    package static func multiplyByOpenSSL(_ points: UnsafeMutableBufferPointer<Point>, by scalar: P256SecretScalar) {
        guard let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), let context = BN_CTX_secure_new(),
            let point = EC_POINT_new(group), let product = EC_POINT_new(group),
            let x = BN_secure_new(), let y = BN_secure_new()
        else { fatalError("out of memory") }
        let k = scalar.withUnsafeBytes { bytes in
            BN_bin2bn(bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), Int32(scalarBytes), BN_secure_new())
        }
        guard let k else { fatalError("out of memory") }
        BN_set_flags(k, BN_FLG_CONSTTIME)
        defer {
            BN_clear_free(k)
            BN_clear_free(x)
            BN_clear_free(y)
            EC_POINT_clear_free(point)
            EC_POINT_clear_free(product)
            BN_CTX_free(context)
            EC_GROUP_free(group)
        }
        for i in 0..<points.count {
            withUnsafeMutableBytes(of: &points[i]) { bytes in
                let p = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
                var ok = BN_lebin2bn(p, 32, x) != nil && BN_lebin2bn(p + 32, 32, y) != nil
                ok = ok && EC_POINT_set_affine_coordinates(group, point, x, y, context) == 1
                ok = ok && EC_POINT_mul(group, product, nil, point, k, context) == 1
                ok = ok && EC_POINT_get_affine_coordinates(group, product, x, y, context) == 1
                ok = ok && BN_bn2lebinpad(x, p, 32) == 32 && BN_bn2lebinpad(y, p + 32, 32) == 32
                precondition(ok, "not a point of P-256")
            }
        }
    }
}
