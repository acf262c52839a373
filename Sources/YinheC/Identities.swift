import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@_cdecl("yinhe_identity_generate")
public func identityGenerate(_ identity: CHandleResult?, _ message: CTextResult?) -> Int32 {
    identity?.pointee = nil
    return Call.run(message) { try Call.required(identity, "identity").pointee = Call.handle(try Identity.generate()) }
}

@_cdecl("yinhe_identity_load")
public func identityLoad(_ path: CText?, _ passphrase: CText?, _ identity: CHandleResult?, _ message: CTextResult?) -> Int32 {
    identity?.pointee = nil
    return Call.run(message) {
        let out = try Call.required(identity, "identity")
        let secret = try passphrase.map { try Call.text($0, "passphrase") }
        out.pointee = Call.handle(try Identity(contentsOf: try Call.text(path, "path"), passphrase: secret))
    }
}

@_cdecl("yinhe_identity_save")
public func identitySave(_ identity: CHandle?, _ path: CText?, _ passphrase: CText?, _ message: CTextResult?) -> Int32 {
    Call.run(message) {
        let secret = try passphrase.map { try Call.text($0, "passphrase") }
        try Call.object(identity, "identity", as: Identity.self).write(to: try Call.text(path, "path"), passphrase: secret)
    }
}

@_cdecl("yinhe_identity_fingerprint")
public func identityFingerprint(_ identity: CHandle?, _ fingerprint: CTextResult?, _ message: CTextResult?) -> Int32 {
    fingerprint?.pointee = nil
    return Call.run(message) {
        let out = try Call.required(fingerprint, "fingerprint")
        out.pointee = strdup(try Call.object(identity, "identity", as: Identity.self).fingerprint.description)
    }
}

@_cdecl("yinhe_identity_free")
public func identityFree(_ identity: CHandle?) { Call.release(identity, as: Identity.self) }
