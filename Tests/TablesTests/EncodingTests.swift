import SandboxCore
import Tables
import Testing

@Suite struct EncodingTests {
    let folder: TestFolder
    init() throws { folder = try TestFolder() }

    /// Text and its GB 18030 bytes as written by CPython 3.11's gb18030 codec.
    static let gb18030: [(text: String, hex: String)] = [
        ("credit_code,名称\n", "6372656469745f636f64652cc3fbb3c60a"), ("示例一区,制造业", "cabec0fdd2bbc7f82cd6c6d4ecd2b5"),
        ("龙", "c1fa"), ("𠮷野家", "9534b235d2b0bcd2"), ("😀", "9439fc36"), ("é", "a8a6"), ("㐂", "8139ef31"), ("·—", "a1a4a1aa"),
        ("￥", "a3a4"), ("镕", "e946"), ("\u{3000}", "a1a1"), ("Ａ１", "a3c1a3b1"), ("€", "a2e3"),
    ]

    @Test func gb18030BytesOfAnotherImplementationAreRead() throws {
        for (text, hex) in Self.gb18030.dropFirst() {
            let bytes = Array("k,v\n1,\"".utf8) + [UInt8](hex: hex)! + Array("\"\n".utf8)
            let table = try readAll(folder.write(bytes), CSVOptions(encoding: .gb18030))
            #expect(table.rows == [["1", text]])
        }
    }

    @Test func gb18030IsWrittenAsAnotherImplementationWritesIt() throws {
        let path = folder.file()
        let writer = try CSVWriter(path: path, header: ["v"], encoding: .gb18030)
        for (text, _) in Self.gb18030.dropFirst(2) { try writer.write([text]) }
        try writer.commit()
        let expected = Array("v\n".utf8) + Self.gb18030.dropFirst(2).flatMap { [UInt8](hex: $0.hex)! + [0x0a] }
        #expect(try fileBytes(path) == expected)
    }

    @Test func gb18030IsDetectedWhereverTheFirstChineseTextStands() throws {
        for before in [0, 1, 500] {
            var bytes = Array("k,v\n".utf8)
            for i in 0..<before { bytes += Array("\(i),ascii\n".utf8) }
            bytes += Array("x,".utf8) + [UInt8](hex: "cabec0fdd2bbc7f8")! + [0x0a]
            for chunk in [1, 64, 1 << 20] {
                var reader = try CSVReader(path: folder.write(bytes), options: chunked(chunk))
                var last: [String]?
                while let row = try reader.next() { last = row }
                #expect(last == ["x", "示例一区"])
                #expect(reader.encoding == .gb18030)
            }
        }
    }

    @Test func theByteOrderMarkDecides() throws {
        let text = "名,b\n值,2\n"
        let units = Array(text.utf16)
        let files: [(bytes: [UInt8], encoding: TextEncoding)] = [
            (Array(text.utf8), .utf8), ([0xef, 0xbb, 0xbf] + Array(text.utf8), .utf8BOM),
            ([0xff, 0xfe] + units.flatMap { [UInt8($0 & 0xff), UInt8($0 >> 8)] }, .utf16LittleEndian),
            ([0xfe, 0xff] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }, .utf16BigEndian),
            ([UInt8](hex: "84319533c3fb2c620ad6b52c320a")!, .gb18030),
        ]
        for (bytes, encoding) in files {
            var reader = try CSVReader(path: folder.write(bytes))
            #expect(reader.header == ["名", "b"])
            #expect(try reader.next() == ["值", "2"])
            #expect(reader.encoding == encoding)
        }
    }

    @Test func aFileOfAsciiIsUTF8() throws { #expect(try CSVReader(path: folder.write("a\n1\n")).encoding == .utf8) }

    @Test func aDeclaredEncodingThatTheMarkContradictsIsRefused() throws {
        let path = try folder.write([0xef, 0xbb, 0xbf, 0x61, 0x0a])
        let error = yinheError { _ = try CSVReader(path: path, options: CSVOptions(encoding: .gb18030)) }
        #expect(error?.message.contains("byte-order mark of UTF-8") == true)
        #expect(try CSVReader(path: path, options: CSVOptions(encoding: .utf8)).header == ["a"])
    }

    @Test func brokenGB18030IsRefusedWithItsPlace() throws {
        let bytes = Array("k,v\n1,".utf8) + [UInt8](hex: "cabec0fd")! + Array("\n2,".utf8) + [0xff, 0xff, 0x0a]
        let path = try folder.write(bytes)
        let error = yinheError { _ = try readAll(path, CSVOptions(encoding: .gb18030)) }
        #expect(error?.place == "\(path), line 3, column 3")
        #expect(error?.message.contains("not GB18030") == true)
    }
}
