import time
import pytest
from db import importing
from db.people import SYSTEM
from db.session import reading, writing
from tests.builders import an_estate
@pytest.mark.parametrize("e",["sqlite_engine","postgres_engine"])
def test_it(e, request):
    request.getfixturevalue(e)
    with writing(SYSTEM) as s: eid=an_estate(s).id
    d=open('/tmp/imp/flat.xlsx','rb').read()
    b=importing.read('flat.xlsx',d)
    with reading(SYSTEM) as s: p=importing.plan(s,b,importing.understand(s,b),eid)
    t=time.time()
    with writing(SYSTEM) as s: r=importing.run(s,p)
    print(e,'run',time.time()-t)
    t=time.time()
    with reading(SYSTEM) as s: q=importing.plan(s,b,importing.understand(s,b),eid)
    print('again',time.time()-t,q.writes_anything)
    t=time.time()
    with writing(SYSTEM) as s: importing.undo(s,r.import_id)
    print('undo',time.time()-t)
