"""Computes intersection-sum.json from ../intersection-sum.md. Needs nothing but Python; run in this folder after paillier.py."""
import hashlib, json, random
p=2**256-2**224+2**192+2**96-1; A=p-3
B=0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
N=0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
Z=p-10
def inv(x): return pow(x,p-2,p)
def add(P,Q):
    if P is None: return Q
    if Q is None: return P
    if P[0]==Q[0]:
        if (P[1]+Q[1])%p==0: return None
        l=(3*P[0]*P[0]+A)*inv(2*P[1])%p
    else: l=(Q[1]-P[1])*inv(Q[0]-P[0])%p
    x=(l*l-P[0]-Q[0])%p
    return (x,(l*(P[0]-x)-P[1])%p)
def mul(k,P):
    R=None
    while k:
        if k&1: R=add(R,P)
        P=add(P,P); k>>=1
    return R
def xmd(msg,dst,n):
    dp=dst+bytes([len(dst)]); ell=(n+31)//32
    b0=hashlib.sha256(bytes(64)+msg+n.to_bytes(2,'big')+b'\0'+dp).digest()
    b=[hashlib.sha256(b0+b'\1'+dp).digest()]
    for i in range(2,ell+1): b.append(hashlib.sha256(bytes(x^y for x,y in zip(b0,b[-1]))+bytes([i])+dp).digest())
    return b''.join(b)[:n]
def sswu(u):
    t=(Z*Z*pow(u,4,p)+Z*u*u)%p
    x1=(B*inv(Z*A%p))%p if t==0 else (p-B)*inv(A)*(1+inv(t))%p
    g=(x1**3+A*x1+B)%p
    if pow(g,(p-1)//2,p)<=1: x,y=x1,pow(g,(p+1)//4,p)
    else:
        x=Z*u*u*x1%p; g=(x**3+A*x+B)%p; y=pow(g,(p+1)//4,p)
    if y*y%p!=g: raise Exception
    if y&1!=u&1: y=p-y
    return (x,y)
def h2c(msg,dst):
    b=xmd(msg,dst,96)
    return add(sswu(int.from_bytes(b[:48],'big')%p),sswu(int.from_bytes(b[48:],'big')%p))
# RFC 9380 J.1.1 self-check
P=h2c(b"abc",b"QUUX-V01-CS02-with-P256_XMD:SHA-256_SSWU_RO_")
assert P[0]==0x0bb8b87485551aa43ed54f009230450b492fead5f1cc91658775dac4a3388a0f
enc=lambda P: bytes([2+(P[1]&1)])+P[0].to_bytes(32,'big')
DST=b"YINHE-INTERSECTION-SUM-V01-with-P256_XMD:SHA-256_SSWU_RO_"
MD=b"yinhe/intersection-sum/mask/v1"
def mask(P,w): return hashlib.sha256(bytes([len(MD)])+MD+enc(P)).digest()[:w]
def clog(n): return (n-1).bit_length()
rnd=random.Random("yinhe intersection-sum vectors")
def tok(i):
    d=b"yinhe/join-token/v1"
    return hashlib.sha256(bytes([len(d)])+d+("key %d"%i).encode()).digest()[:16]
groups=[[tok(1),tok(2),tok(3)],[],[tok(4),tok(5)]]
rows=[tok(3),tok(9),tok(4),tok(1)]
bounds=[2**64-1,0,500000000,1]
values=[[2**64-1,0,123456789,1],[5,0,6,1],[2**64-1,0,500000000,0],[7,0,1,1]]
sizes=[len(g) for g in groups]; nG=sum(sizes); nV=len(rows)
k1=rnd.randrange(1,N); k2=rnd.randrange(1,N)
w=(40+clog(max(nG,1))+clog(max(nG,nV,1))+7)//8
contrib=min(max(sizes),nV)
sumbits=[max(1,(b*max(contrib,1)).bit_length()) for b in bounds]; widths=[s+41 for s in sumbits]
pv=json.load(open('paillier.json'))['keys'][0]
n=int(pv['n'],16); n2=n*n; hs=int(pv['djn']['h_to_the_n'],16); kb=n.bit_length()
def places(widths):
    out=[];pl=0;sh=0
    for x in widths:
        if sh+x>kb-1: pl+=1;sh=0
        out.append((pl,sh)); sh+=x
    return out
def pack(vals):
    pls=places(widths); o=[0]*(pls[-1][0]+1)
    for (a,s),v in zip(pls,vals): o[a]+=v<<s
    return o
flat=[t for g in groups for t in g]
blinded=[mul(k1,h2c(t,DST)) for t in flat]
masks=[mask(mul(k2,P),w) for P in blinded]
own=[mul(k2,h2c(t,DST)) for t in rows]
rowmasks=[mask(mul(k1,P),w) for P in own]
r=[rnd.getrandbits(kb//2) for _ in rows]
cts=[]
for v,ri in zip(values,r):
    m,=pack(v); cts.append((1+m*n)*pow(hs,ri,n2)%n2)
slotmasks=[[rnd.getrandbits(s+40) for s in sumbits] for _ in groups]
slotmasks[0][0]=2**(sumbits[0]+40)-1
sums=[];start=0;counts=[]
for g in groups:
    ms=masks[start:start+len(g)];start+=len(g)
    hit=[i for i,m in enumerate(rowmasks) if m in ms]; counts.append(len(hit))
    sums.append([sum(values[i][s] for i in hit) for s in range(len(bounds))])
u=[rnd.randrange(1,n) for _ in groups]
masked=[[s+x for s,x in zip(a,b)] for a,b in zip(sums,slotmasks)]
H=lambda v: format(v,'x')
start=0; mc=[]
for gi,g in enumerate(groups):
    ms=masks[start:start+len(g)];start+=len(g)
    c=1
    for i,m in enumerate(rowmasks):
        if m in ms: c=c*cts[i]%n2
    m,=pack(slotmasks[gi]); c=c*(1+m*n)*pow(u[gi],n,n2)%n2; mc.append(c)
M=2**128
out={"description":"Steps of intersection-sum, computed in Python from Protocols/intersection-sum.md by an implementation of P-256 and hash-to-curve that shares no code with the library. Integers and byte strings are lower-case hexadecimal; widths and counts are numbers. Shuffles are left out: all lists are in input order. The key is the first one of paillier.json.",
"groups":[[t.hex() for t in g] for g in groups],"rows":[t.hex() for t in rows],"upper_bounds":[H(b) for b in bounds],"values":[[H(x) for x in v] for v in values],
"key_bits":kb,"mask_bytes":w,"sum_bits":sumbits,"slot_widths":widths,
"k1":k1.to_bytes(32,'big').hex(),"k2":k2.to_bytes(32,'big').hex(),
"blinded":[enc(P).hex() for P in blinded],"masks":[m.hex() for m in masks],
"row_points":[enc(P).hex() for P in own],"row_masks":[m.hex() for m in rowmasks],
"row_plaintexts":[[H(x) for x in pack(v)] for v in values],"row_exponents":[H(x) for x in r],"row_ciphertexts":[H(c) for c in cts],
"slot_masks":[[H(x) for x in s] for s in slotmasks],"group_counts":counts,
"mask_units":[H(x) for x in u],"masked_sums":[H(c) for c in mc],
"group_shares":[[H((-x)%M) for x in s] for s in slotmasks],"value_shares":[[H(x%M) for x in s] for s in masked],
"sums":[[H(x) for x in s] for s in sums]}
json.dump(out,open('intersection-sum.json','w'),indent=1)
print(counts,sumbits,widths,w)
