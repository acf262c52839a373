"""Computes paillier.json with python-paillier (pip install phe gmpy2; phe 1.5.0 was used); run in this folder.
phe_random and homomorphic use phe's own randomness, so those members differ from run to run."""
import json, random, base64, phe
from phe import paillier
def key(bits, seed, blum):
    # deterministic primes from a public seed: test keys
    import gmpy2
    rnd = random.Random(seed)
    while True:
        ps=[]
        while len(ps)<2:
            c = rnd.getrandbits(bits//2) | (3<<(bits//2-2)) | (3 if blum else 1)
            if gmpy2.is_prime(c,40) and c not in ps: ps.append(c)
        p,q=ps
        if (p*q).bit_length()!=bits: continue
        if blum and gmpy2.gcd(p-1,q-1)!=2: continue
        pub=paillier.PaillierPublicKey(p*q)
        return pub, paillier.PaillierPrivateKey(pub,p,q)
rnd=random.Random("yinhe paillier vectors")
out={"description":"Paillier with g = n + 1. Integers are lower-case hexadecimal, signed decimal where they end in _decimal. "
 "'phe' members were computed by python-paillier (phe %s from PyPI, with gmpy2): phe_encrypt by PaillierPublicKey.raw_encrypt with the given r, "
 "phe_random by raw_encrypt with phe's own randomness, signed by EncodedNumber.encode, homomorphic by EncryptedNumber arithmetic on integers. "
 "'djn' members were computed in Python from the formulas of Protocols/paillier.md. The keys are for tests: their primes come from a public seed."%phe.__version__,
 "keys":[]}
import hashlib
def djn_h(n):
    w=n.to_bytes((n.bit_length()+7)//8,'big'); d=b"yinhe/paillier/djn-base/v1"
    s=b""; i=0
    while len(s)<len(w)+16:
        s+=hashlib.sha256(bytes([len(d)])+d+len(w).to_bytes(8,'little')+w+i.to_bytes(4,'little')).digest(); i+=1
    x=int.from_bytes(s[:len(w)+16],'big')%n
    return (-x*x)%n
H=lambda v: format(int(v),'x')
for bits,blum in ((2048,True),(3072,True),(2048,False)):
    pub,priv=key(bits,"yinhe %d %s"%(bits,blum),blum)
    n=pub.n; n2=n*n
    e={"bits":bits,"scheme":"djn" if blum else "standard","n":H(n),"p":H(priv.p),"q":H(priv.q)}
    enc=[]
    for m in (0,1,2,n-1,n//2,rnd.getrandbits(64),rnd.randrange(n)):
        r=rnd.randrange(1,n)
        enc.append({"m":H(m),"r":H(r),"c":H(pub.raw_encrypt(m,r_value=r))})
    e["phe_encrypt"]=enc
    e["phe_random"]=[{"m":H(m),"c":H(pub.raw_encrypt(m))} for m in (0,7,n-1,rnd.randrange(n))]
    e["signed"]=[]
    for v in (0,1,-1,123456789,-987654321012345678901234567890,pub.max_int,-pub.max_int):
        en=paillier.EncodedNumber.encode(pub,v); assert en.exponent==0
        e["signed"].append({"value_decimal":str(v),"residue":H(en.encoding)})
    a,b=-1000003,2**40+5
    A,B=pub.encrypt(a),pub.encrypt(b)
    ops=[("add",A+B,a+b),("subtract",A-B,a-b),("scale",A*-77,a*-77),("add_plain",A+999,a+999)]
    e["homomorphic"]={"a_decimal":str(a),"b_decimal":str(b),"a":H(A.ciphertext(False)),"b":H(B.ciphertext(False)),
      "results":[{"op":o,"value_decimal":str(v),"c":H(c.ciphertext(False))} for o,c,v in ops]}
    for o,c,v in ops: assert priv.decrypt(c)==v
    if blum:
        h=djn_h(n); hs=pow(h,n,n2)
        e["djn"]={"h":H(h),"h_to_the_n":H(hs),"encrypt":[]}
        for m in (0,5,n-1):
            r=rnd.getrandbits(bits//2)
            c=(1+m*n)*pow(hs,r,n2)%n2
            assert priv.raw_decrypt(c)==m
            e["djn"]["encrypt"].append({"m":H(m),"r":H(r),"c":H(c)})
    def b64(x): return phe.util.int_to_base64(x)
    jp={'kty':"DAJ",'alg':"PAI-GN1","key_ops":["encrypt"],'n':b64(n),'kid':"pheutil"}
    e["phe_json_private"]=json.dumps({'kty':"DAJ",'key_ops':["decrypt"],'p':b64(priv.p),'q':b64(priv.q),'pub':jp,'kid':"pheutil"})
    out["keys"].append(e)
json.dump(out,open("paillier.json","w"),indent=1)
