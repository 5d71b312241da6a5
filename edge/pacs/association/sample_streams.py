"""One small picture in each compressed transfer syntax, to try what an installation decodes.

16 x 16 values of 12 bits, of 8 bits for JPEG baseline: `values` computes them. Made with dcmtk's
dcmcjpeg and dcmcjpls and with Pillow.
"""

from base64 import b85decode

SIZE = 16


def values(bits: int) -> list[int]:
    """What the streams show, row by row."""
    rows = range(SIZE)
    if bits == 8:
        return [12 * x + 4 * y for y in rows for x in rows]
    return [200 * x + 50 * y + (x + y) % 3 * 5 for y in rows for x in rows]


def stream(syntax: str) -> bytes:
    """The compressed frame of a transfer syntax of `STREAMS`."""
    return b85decode(STREAMS[syntax])


STREAMS = {
    # JPEG lossless, first order
    "1.2.840.10008.1.2.4.70": (
        b"|JeWF01!$>Nk#wx0RR9200961|HA+a5C9MW5CH)Z0RO}Q761VO0RR910000000000000OE5dYc$2mt{A0RRB"
        b"Z)@u2h&0jNFtLAGpe9dOBt=X&QYc+h$X0Ms7)$=u)zGmC6nXJ|GHJZL=vscX4YWbSYsAjWQ%+_l8n$2G`S*z"
        b"x2HGOW)Uo%;&=4&;4&1SEetkv^2-"
        b"F(evubHgX^EH~jX0un!)@?&In!aYUSIpLG`I^mNGg+(ac53;W&0jNFtLAGpe9dOBnYQcZYc+h$X0Ms7)$=u)"
        b"zGky(8LZXwHJZL=vscX4YWbSYUt6<R%+_l8n$2G`S*zx2HGIvtUo%;&=4&;4&1SEetkv^1n^4VWubHgX^EH~"
        b"jX0un!)@u6Qn!aYUSIpLG`I^mNGg+(VZMylI&0jNFtLAGpe9dOBnXKA|Yc+h$X0Ms7)$=u)zGkym-~a#F"
    ),
    # JPEG lossless
    "1.2.840.10008.1.2.4.57": (
        b"|JeWF01!$>Nk#wx0RR9200961|HA+a5C9MW5CH)Z0RO}Q7ytkR0RaF20000000000000C91_%)U+5iXv0RRR"
        b"70PUNzb@t8Ky8CAA-F>rmZob*OH(y)4HjUx5Zw;e(Z5zXA?aiZjZ5zXA-Wx{n+BcOHZw;e(Z5zXA-Wx{n+jo"
        b"Z1yf%&Dv~LZgcx@fIv~LZgcx@ZQXx<w}@}iC5v~LZgcx@ZQXx<xc@Y*+q(Y!W|;k0iJqqjDV;k0iJqj+r_!)"
        b"V@AQM@*d;k0iJqj+r_!)@LhM)2A<hS9t>jp4L*=Fz-"
        b"1jp4L!4WoE%8_J3|hS9t>jp4L!4WoE%yTfSS8%FTjH-^!?HjdodH-^!?HjUx5Zw;e)QAY6EH-"
        b"^!?HjUx5Zw>$1"
    ),
    # JPEG-LS lossless
    "1.2.840.10008.1.2.4.80": (
        b"|JeWc01FTR5C9MX0TBTI_y7$7|Nj6I07C&306_oR00;pA00000tj(FPc3+j<c^*G+;`p7Xh2Zu$-"
        b"5a8G)ihEpmMRr`xjfj`wvExc(?dGDD<Y#43X1yja^f~b>uX6%D+(L8PT8tvjS^(lnnrAqvSf*i6iiqlO%p^c"
        b"7$9D~0`=%OE<?3uq*}EW#}e_x`)xkkQLLL&rj+TWI%!UsS7NbOmR04Id1Y=GTZMv!h8E$4xM6-"
        b"5Uv<<9_22iu?|<G$+(x-"
        b"vN8Cr8N1R8TN0q7PIFC4wIFC4=Id!q5^`!Nr^`!Nr^|h1Mlh%{glh%{grM9%5w4St{w4SwS|Je"
    ),
    # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.90": (
        b"|4;u>04V?f0000G0000G00000000000000G0000G0000000000009pH0sm3}3;+NC0RRF71ONg5TmT9{fQX2"
        b"Yh=`E?WB?@q0Yh?SVRU6=AYyqSPjF>!N>D{dAa-"
        b"SPb7^mGATlmBE;Rp;015yA0002i00IA#&-^fW5l~c>bWE{JSJ^}1W|Di`%V}3;Yh-MbC9N>Z3V*;Km}~%jp^"
        b"yL%gpeW_cg4hhHJV3=dK2#heqn?-;s}WVmMi!TcT80cG-"
        b"l@)zz@KZ03T5#00+pBHlc)Z1=Fes9gRN(+QVet_8Mgjw-L<zr0M@Rk<zlk#ncR&J*GBYOFja2&jE-"
        b"%OeiOx@~_P5?q6l5neY58jMiKX7GX|*6ewp)^X_cUHu2IVtnikB-~`(SlejLnf(#JGS9f%<b|S#H|Je"
    ),
    # JPEG 2000
    "1.2.840.10008.1.2.4.91": (
        b"|4;u>04V?f0000G0000G00000000000000G0000G0000000000009pH0sm3}3;+NC0RRF71ONd4TmTV5pHh$"
        b"okOh!Om(!Qimty~903`qcLvm$dbY)~9VtF7>aAj^vP(?=|c4cyNX>V>IGA=bPH2;tQ3IG5A003720soWF_&O"
        b"0z;k&>M!-$Sg<ILF&3&F({bdU0%+dJ2!_;qu@A4sSG_`?7q8Dl-7JAJmeTLXV)kjsC-"
        b"2gDu#2*5U>ms6b_nmwj6|Je"
    ),
    # JPEG-LS
    "1.2.840.10008.1.2.4.81": (
        b"|JeWc01FHN5C9MX0TBTI+5iXv0RRF30D%xhHez0uo}QALo{pNDin7Qoq6#VGl;TNgWweL2?_-|kGZ?ZARw-"
        b"D8QV~i*3L=n*<U$c$(4x`Z9nswx)5?1~Gou=#R!=C^5~5U2ny9Blsj4SLxlShOs&0wVIHswt)i>LumD}X|G)"
        b"*PMnoN@<(&9;^(rGlBNHm&FCX+~UCX-2|($N3e"
    ),
    # JPEG extended
    "1.2.840.10008.1.2.4.51": (
        b"|JeWF01!$>Nk#wx0RR9200961|JwjV00RO70|EjA0|NsD0|NvF2n7WM1O*BQ2L=cX3JeSj3JVJj4iXRz4iOF"
        b"u3lJ6%5fc;@6%`B*7Z?^47!ni}6#u~h3k(1d01yEI5di<h02KfM0RR9100000000000000C4gbUdBoF`q0|)"
        b"^H000000000000009AqNX2CPQIz@c|JxRDrSo+5iXv0RR9$03M@`0ypdgzu-"
        b"{EqI~1uB86Ly5;#TyFQg4DZLl}@93*gz0$)fPSleQSTaFSqRsk=p4J>V;|Je"
    ),
    # JPEG baseline: of the values // 16
    "1.2.840.10008.1.2.4.50": (
        b"|JeWF01!$>Nk#wx0RR9200961|JwjV00RO70|EjA0|NsD0|NvF2n7WM1O*BQ2L=cX3JeSj3JVJj4iXRz4iOF"
        b"u3lJ6%5fc;@6%`B*7Z?^47!ni}6#u{g3kU!Z01yEI5di<h02KfM0RR910000000000000083ID_Z84v&g1po"
        b"j50000000000000062O>04|Jncu0RaF2KL8)HNxJaDfHFzC@W80aChNlr0Ldon!w>)2"
    ),
}
