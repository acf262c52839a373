import Foundation
import SandboxCore
import TestSupport
import Testing

/// The library inside other programs: the Swift example of under 60 lines, and Python through the C interface.
@Suite struct EmbeddingTests {
    private func identities(_ scratch: Scratch) throws -> [(path: String, fingerprint: String)] {
        try ["a.pem", "b.pem"].map { name in
            let identity = try Identity.generate()
            try identity.write(to: scratch.file(name))
            return (scratch.file(name), identity.fingerprint.description)
        }
    }

    private var examples: String { repositoryRoot.appending(path: "Examples").path }

    /// A port that was free a moment ago.
    private func freePort() -> String { String(Int.random(in: 20_000..<60_000)) }

    @Test func theSwiftExampleJoinsOverItsOwnSocketInUnderSixtyLines() async throws {
        let folder = examples + "/private-join-in-60-lines"
        let lines = try String(contentsOfFile: folder + "/main.swift", encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 60)
        let scratch = Scratch()
        let keys = try identities(scratch), port = freePort()
        let program = Program.folder + "/private-join-in-60-lines"
        let tax = try Running(program, ["listen", port, keys[0].path, keys[1].fingerprint, folder + "/tax.csv"])
        let bank = try Running(program, ["connect", port, keys[1].path, keys[0].fingerprint, folder + "/bank.csv"])
        let (left, right) = (await tax.finish(), await bank.finish())
        #expect(left.status == 0 && right.status == 0, "\(left.errors) \(right.errors)")
        func rows(_ output: String) -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: output.split(separator: "\n").map { line in
                    let parts = line.split(separator: " ", maxSplits: 1)
                    return (String(parts[0]), String(parts[1].split(separator: ",")[1]))
                })
        }
        let grades = rows(left.output), loans = rows(right.output)
        #expect(Set(grades.keys) == ["0", "1"])
        #expect(Dictionary(uniqueKeysWithValues: grades.map { ($0.value, loans[$0.key]) }) == ["A": "100", "C": "200"])
    }

    /// Nil, with a note, where there is no Python 3.
    private var python: String? {
        ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"].first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    @Test func twoPythonProgramsJoinTheirListsThroughTheSharedLibrary() async throws {
        guard let python else {
            print("skipped: there is no python3 on this machine")
            return
        }
        let scratch = Scratch()
        let keys = try identities(scratch), port = freePort()
        let environment = ["YINHE_LIBRARY": try await Program.sharedLibrary(), "PYTHONDONTWRITEBYTECODE": "1"]
        let folder = examples + "/python-ctypes"
        func run(_ arguments: [String]) throws -> Running {
            try Running(python, [folder + "/join.py"] + arguments, environment: environment, folder: scratch.path)
        }
        let airline = try run(["listen", port, keys[0].path, keys[1].fingerprint, folder + "/airline.csv"])
        let hotel = try run(["connect", port, keys[1].path, keys[0].fingerprint, folder + "/hotel.csv"])
        let (left, right) = (await airline.finish(), await hotel.finish())
        #expect(left.status == 0 && right.status == 0, "\(left.errors) \(right.errors)")
        #expect(left.output.hasSuffix("13800000001,12\n138 0000 0002,3\n13800000009,1\n"), "\(left.output)")
        #expect(right.output.hasSuffix("+86 138-0000-0002,4\n１３８０００００００９,2\n0086 13800000001,9\n"), "\(right.output)")

        let port2 = freePort()
        let wrong = try run(["listen", port2, keys[0].path, keys[0].fingerprint, folder + "/airline.csv"])
        let refused = try run(["connect", port2, keys[1].path, keys[0].fingerprint, folder + "/hotel.csv"])
        #expect(await wrong.finish().errors.contains("peer-mismatch:"))
        #expect(await refused.finish().status != 0)
    }

    /// Every function of the header: results, and errors as statuses with explanations.
    @Test func theCInterfaceReportsErrorsAndAddsEncryptedNumbers() async throws {
        guard let python else {
            print("skipped: there is no python3 on this machine")
            return
        }
        let scratch = Scratch()
        let script = try scratch.write("interface.py", Self.interfaceScript)
        let environment = [
            "YINHE_LIBRARY": try await Program.sharedLibrary(), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": examples + "/python-ctypes",
        ]
        let finished = try await Running(python, [script], environment: environment, folder: scratch.path).finish()
        #expect(finished.status == 0 && finished.output == "done\n", "\(finished.output)\(finished.errors)")
    }

    private static let interfaceScript = """
        import re, socket, threading
        import yinhe

        def refused(status, body):
            try:
                body()
            except yinhe.YinheError as error:
                assert error.status == status and str(error), (error.status, str(error))
                return str(error)
            raise AssertionError('no error')

        assert yinhe.normalize('mobile', '+86 138 0000 0001') == '13800000001'
        assert yinhe.normalize('plate/1', '京a·12345') == '京A12345'
        assert yinhe.normalize('text', ' ') is None
        assert 'wrong length' in refused('bad-input', lambda: yinhe.normalize('uscc', '1'))
        refused('bad-input', lambda: yinhe.normalize('nonsense', '1'))
        refused('bad-input', lambda: yinhe.Identity.load('absent.pem'))
        refused('usage', lambda: yinhe._call('yinhe_identity_generate', None))

        one, two = yinhe.Identity.generate(), yinhe.Identity.generate()
        one.save('one.pem', 'secret')
        assert yinhe.Identity.load('one.pem', 'secret').fingerprint == one.fingerprint
        assert re.fullmatch('sha256:[0-9a-f]{64}', one.fingerprint)

        def both(first, second):
            a, b = socket.socketpair()
            outcome = {}
            def run(name, sock, end, own, peer, body):
                try:
                    with sock, yinhe.Channel.over(sock, end, own, peer.fingerprint) as channel:
                        outcome[name] = body(channel)
                except yinhe.YinheError as error:
                    outcome[name] = error.status, str(error)
            threads = [threading.Thread(target=run, args=x) for x in
                       [(0, a, yinhe.ACCEPTING, one, two, first), (1, b, yinhe.CONNECTING, two, one, second)]]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return outcome[0], outcome[1]

        left, right = ['a', 'b', '', 'B ', 'c'], ['x', 'ｂ', 'C']
        assert both(lambda c: c.intersect(yinhe.SENDER, left, 'text'), lambda c: c.intersect(yinhe.RECEIVER, right, 'text')) \\
            == (([1, 3, 4], 3), ([1, 2], 3))
        assert both(lambda c: c.intersect(yinhe.SENDER, left, 'text', yinhe.RECEIVER_LEARNS),
                    lambda c: c.intersect(yinhe.RECEIVER, right, 'text', yinhe.RECEIVER_LEARNS)) == (([], 3), ([1, 2], 3))
        for status, text in both(lambda c: c.intersect(yinhe.SENDER, left, 'text'), lambda c: c.intersect(yinhe.RECEIVER, right, 'digits')):
            assert status == 'peer-mismatch' and 'key normaliser' in text and 'text/1' in text and 'digits/1' in text, text
        for status, _ in both(lambda c: c.intersect(yinhe.SENDER, left, 'text', minimum=3),
                              lambda c: c.intersect(yinhe.RECEIVER, right, 'text', minimum=3)):
            assert status == 'below-minimum', status

        key = yinhe.PaillierPrivateKey.generate()
        public = yinhe.PaillierPublicKey.parse(key.public.json)
        values = [5, -7, 0, 2**62]
        ciphertexts = public.encrypt(values)
        assert len(ciphertexts) == 4 * public.ciphertext_bytes and key.decrypt(ciphertexts, 4) == values
        assert key.decrypt(public.sum(ciphertexts), 1) == [sum(values)]
        assert public.encrypt([1]) != public.encrypt([1])
        refused('range', lambda: key.decrypt(public.sum(public.encrypt([2**62, 2**62])), 1))
        refused('bad-input', lambda: key.decrypt(bytes(public.ciphertext_bytes), 1))
        refused('bad-input', lambda: yinhe.PaillierPublicKey.parse('{}'))

        samples = yinhe.discrete_laplace('20/3', 20000)
        # The variance of the law at 20/3 is 88.7 (2 b^2 - 1/6 nearly); its estimate from 20,000 samples has a standard deviation of 1.4.
        assert abs(sum(samples)) / 20000 < 0.5 and 79 < sum(x * x for x in samples) / 20000 < 98
        refused('range', lambda: yinhe.discrete_laplace('0', 1))
        print('done')

        """
}
