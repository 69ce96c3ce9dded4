"""stand-in until the real one"""
import streamlit as st
import altair as alt, pandas as pd
from components.signin import current_actor
st.title("首页")
st.write(current_actor().name)
st.text_input("随便写", key="home.text")
@st.cache_data
def f(): return alt.Chart(pd.DataFrame({"a":[1,2],"b":[3,4]})).mark_bar().encode(x="a:O",y="b").to_dict()
st.vega_lite_chart(pd.DataFrame({"a":[1,2],"b":[3,4]}), {"mark":"bar","encoding":{"x":{"field":"a","type":"ordinal"},"y":{"field":"b","type":"quantitative"}}}, height=200)
st.dataframe(pd.DataFrame({"a":[1,2],"b":[3,4]}))
